"""./run messages: bring what customers read into every language's file, and say what is not translated yet; 1 when anything is."""

from retention.cli.saying import Voice
from retention.cli.translating import FURTHER, folder_of, renew


def run(_arguments: list[str]) -> int:
    """Renew each language's file and the compiled one beside it."""
    voice, missing = Voice(), {language: renew(language) for language in FURTHER}
    for language, texts in missing.items():
        for text in texts:
            voice.line(f"{folder_of(language)}: not translated yet: {text}")
    voice.line(f"{len(FURTHER)} languages, {sum(map(len, missing.values()))} texts to translate.")
    return 1 if any(missing.values()) else 0
