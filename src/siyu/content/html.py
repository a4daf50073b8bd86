"""Blocks as the HTML of a letter and as plain text.

The HTML uses no tables and no outside file: one column, inline styles for readers that drop style sheets, and one small sheet that
turns the letter dark where the reader's screen is dark. Everything a writer wrote is escaped here; values of people are put in later,
escaped one by one.
"""

from __future__ import annotations

import html
from collections.abc import Callable

from siyu.content.blocks import Block, Break, Button, Heading, Items, Link, Paragraph, Picture, Span, Strong, Words

FONT = (
    "-apple-system,BlinkMacSystemFont,'PingFang SC','Hiragino Sans GB','Microsoft YaHei','Noto Sans SC','Noto Sans CJK SC',"
    "'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
)
INK, SOFT, LINE, GROUND, CARD, BRAND = "#1c2330", "#5b6474", "#e8eaee", "#f5f6f8", "#ffffff", "#0f7b5f"

_STYLE = """
:root{color-scheme:light dark;supported-color-schemes:light dark}
img{max-width:100%}
@media (max-width:480px){.s-card{border-radius:0!important;padding:24px 20px!important}.s-ground{padding:0!important}}
@media (prefers-color-scheme:dark){
.s-ground{background:#15181d!important}.s-card{background:#1e2229!important}
.s-ink{color:#e9ecf1!important}.s-soft{color:#a3acba!important}.s-line{border-color:#343a44!important}
.s-link{color:#4fc3a1!important}.s-button{background:#1c9a78!important;color:#ffffff!important}
}
""".strip().replace("\n", "")

_PARAGRAPH = f"margin:0 0 16px;font-size:16px;line-height:1.7;color:{INK}"


def letter(some: tuple[Block, ...], *, lang: str, title: str, footer: str, opened: str, click: Callable[[str], str]) -> str:
    """The whole HTML document. `footer` and `opened` (the invisible picture) are HTML already; `click` gives the address for a target."""
    body = "".join(_block(block, click) for block in some)
    code = "zh-CN" if lang == "zh" else "en"
    return (
        f'<!doctype html><html lang="{code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>"
        f'<body class="s-ground" style="margin:0;padding:0;background:{GROUND}">'
        f'<div class="s-ground" style="padding:24px 12px;background:{GROUND};font-family:{FONT}">'
        f'<div class="s-card" style="max-width:600px;margin:0 auto;padding:32px 36px;box-sizing:border-box;background:{CARD};'
        f'border-radius:12px;overflow-wrap:break-word">{body}</div>'
        f'<div class="s-soft" style="max-width:600px;margin:0 auto;padding:20px 24px;box-sizing:border-box;text-align:center;'
        f'font-size:13px;line-height:1.7;color:{SOFT}">{footer}</div>{opened}</div></body></html>'
    )


def _block(block: Block, click: Callable[[str], str]) -> str:
    if isinstance(block, Heading):
        size, tag = ("24px", "h1") if block.level == 1 else ("18px", "h2")
        style = f"margin:0 0 16px;font-size:{size};line-height:1.4;font-weight:600;color:{INK}"
        return f'<{tag} class="s-ink" style="{style}">{_spans(block.inside, click)}</{tag}>'
    if isinstance(block, Paragraph) and block.is_quote:
        style = f"margin:0 0 16px;padding:2px 0 2px 16px;border-left:3px solid {LINE};font-size:16px;line-height:1.7;color:{SOFT}"
        return f'<blockquote class="s-soft s-line" style="{style}">{_spans(block.inside, click)}</blockquote>'
    if isinstance(block, Paragraph):
        return f'<p class="s-ink" style="{_PARAGRAPH}">{_spans(block.inside, click)}</p>'
    if isinstance(block, Items):
        tag = "ol" if block.is_numbered else "ul"
        items = "".join(f'<li style="margin:0 0 6px">{_spans(item, click)}</li>' for item in block.items)
        return f'<{tag} class="s-ink" style="{_PARAGRAPH};padding:0 0 0 24px">{items}</{tag}>'
    if isinstance(block, Button):
        style = (
            f"display:inline-block;padding:13px 30px;border-radius:8px;background:{BRAND};color:#ffffff;"
            "font-size:16px;line-height:1.4;font-weight:600;text-decoration:none"
        )
        address = html.escape(click(block.target), quote=True)
        label = _spans(block.inside, click)
        return f'<p style="margin:8px 0 24px"><a class="s-button" href="{address}" style="{style}">{label}</a></p>'
    if isinstance(block, Picture):
        words, source = html.escape(block.words, quote=True), html.escape(block.source, quote=True)
        return (
            f'<p style="margin:0 0 16px"><img src="{source}" alt="{words}" '
            f'style="display:block;max-width:100%;height:auto;border:0;border-radius:8px"></p>'
        )
    return f'<hr class="s-line" style="margin:24px 0;border:0;border-top:1px solid {LINE}">'


def _spans(some: tuple[Span, ...], click: Callable[[str], str]) -> str:
    out: list[str] = []
    for span in some:
        if isinstance(span, Words):
            out.append(html.escape(span.text, quote=True))
        elif isinstance(span, Break):
            out.append("<br>")
        elif isinstance(span, Strong):
            tag, style = ("em", "font-style:italic") if span.is_soft else ("strong", "font-weight:600")
            out.append(f'<{tag} style="{style}">{_spans(span.inside, click)}</{tag}>')
        elif isinstance(span, Link):
            address = html.escape(click(span.target), quote=True)
            out.append(f'<a class="s-link" href="{address}" style="color:{BRAND}">{_spans(span.inside, click)}</a>')
    return "".join(out)


def plain(some: tuple[Block, ...], *, footer: str, click: Callable[[str], str]) -> str:
    """The same letter for readers without HTML: addresses stand in brackets after the words that lead to them."""
    parts: list[str] = []
    for block in some:
        if isinstance(block, Heading):
            parts.append(_words(block.inside, click))
        elif isinstance(block, Paragraph):
            text = _words(block.inside, click)
            parts.append("\n".join(f"> {line}" for line in text.split("\n")) if block.is_quote else text)
        elif isinstance(block, Items):
            marks = (f"{n}. " if block.is_numbered else "- " for n in range(1, len(block.items) + 1))
            parts.append("\n".join(mark + _words(item, click) for mark, item in zip(marks, block.items, strict=True)))
        elif isinstance(block, Button):
            parts.append(f"{_words(block.inside, click)}\n{click(block.target)}")
        elif isinstance(block, Picture):
            parts.append(f"[{block.words}]" if block.words else "")
        else:
            parts.append("-" * 24)
    body = "\n\n".join(part for part in parts if part)
    return f"{body}\n\n-- \n{footer}\n" if footer else body + "\n"


def _words(some: tuple[Span, ...], click: Callable[[str], str]) -> str:
    out: list[str] = []
    for span in some:
        if isinstance(span, Words):
            out.append(span.text)
        elif isinstance(span, Break):
            out.append("\n")
        elif isinstance(span, Strong):
            out.append(_words(span.inside, click))
        elif isinstance(span, Link):
            label = _words(span.inside, click)
            out.append(click(span.target) if label == span.target else f"{label} ({click(span.target)})")
    return "".join(out)
