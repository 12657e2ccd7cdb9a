"""./run check [GATE ...]: style, types, imports, local rules, migrations and house rules; 1 when anything is found."""

import sys

from retention.cli import StepFailedError
from retention.cli.checking import GATES, Outcome, run_gates
from retention.cli.saying import Voice
from retention.cli.words.bench import table


def run(arguments: list[str]) -> int:
    """Run every gate, or the named ones; print what they found, then a table."""
    known = {gate.name: gate for gate in GATES}
    unknown = [name for name in arguments if name not in known]
    if unknown:
        raise StepFailedError(f"There is no gate {unknown[0]!r}; there is: {', '.join(known)}.")
    outcomes = run_gates(tuple(known[name] for name in arguments or known))
    voice = Voice()
    for outcome in outcomes:
        if not outcome.passed:
            voice.line(f"--- {outcome.gate.name}\n{outcome.output.rstrip()}\n")
    for line in table([("gate", "seconds", "found"), *map(_row, outcomes)]):
        voice.line(line)
    sys.stdout.flush()
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _row(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.gate.name, f"{outcome.seconds:.1f}", "nothing" if outcome.passed else "see above"
