"""The one-pixel picture that tells when a mail was opened, at the end of its HTML where it moves nothing."""


def with_picture(html: str | tuple[bytes, ...], address: str) -> str | tuple[bytes, ...]:
    """Return the mail with the picture before the end of its body. html: a text, or pieces ready for the wire.

    address: of our own making, so nothing in it needs escaping. In pieces it stands on a line of its own, for a line may not be too long.
    """
    tag = f'<img src="{address}" width="1" height="1" alt="" style="display:block;border:0">'
    if isinstance(html, str):
        end = html.rfind("</body")
        return f"{html[:end]}{tag}{html[end:]}" if end >= 0 else f"{html}{tag}"
    line = f"\r\n{tag}\r\n".encode("ascii")
    for place in range(len(html) - 1, -1, -1):
        piece = html[place]
        end = piece.rfind(b"</body")
        if end >= 0:
            return (*html[:place], piece[:end], line, piece[end:], *html[place + 1 :])
    return (*html, line)
