"""The one-pixel picture that tells when a mail was opened, at the end of its HTML where it moves nothing."""


def with_picture(html: str, address: str) -> str:
    """Return the mail with the picture before the end of its body. address: of our own making, so nothing in it needs escaping."""
    tag = f'<img src="{address}" width="1" height="1" alt="" style="display:block;border:0">'
    end = html.rfind("</body")
    return f"{html[:end]}{tag}{html[end:]}" if end >= 0 else f"{html}{tag}"
