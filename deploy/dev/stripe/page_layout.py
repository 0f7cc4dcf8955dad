"""What all pages have in common: their frame, their fields, and how texts become safe."""

from dataclasses import dataclass
from decimal import Decimal
from html import escape

from deploy.dev.stripe.lines import money
from deploy.dev.stripe.store import Record

Form = dict[str, str]
STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #4f46e5; --bad: #b42318; }
* { box-sizing: border-box }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 1.2rem 0 .4rem } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem }
.notice { background: var(--soft); border: 1px solid var(--line);
  border-radius: .5rem; padding: .5rem .8rem; font-size: .9rem }
.error { border: 1px solid var(--bad); border-radius: .5rem; padding: .5rem .8rem; font-weight: 600 }
label { display: block; margin: .7rem 0; font-size: .9rem }
input, select { display: block; width: 100%; font: inherit; padding: .5rem .6rem; border: 1px solid var(--line);
  border-radius: .4rem }
.pair { display: flex; gap: .8rem } .pair > * { flex: 1 }
button, .button { font: inherit; padding: .5rem 1rem; border: 1px solid var(--line); border-radius: .4rem;
  cursor: pointer }
button.main { background: var(--accent); color: #fff; border-color: transparent; font-weight: 600 }
a.button { text-decoration: none; display: inline-block }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
form.row, li { display: flex; gap: .6rem; align-items: center; flex-wrap: wrap } ul { padding: 0; list-style: none }
li { border-top: 1px solid var(--line); padding: .5rem 0 } li > :first-child { flex: 1 } form { margin: 0 }
table { width: 100%; border-collapse: collapse }
td, th { text-align: left; padding: .35rem 0; border-bottom: 1px solid var(--line) }
td:last-child, th:last-child { text-align: right; white-space: nowrap }
"""
NOTICE = "This is a stand-in for Stripe on your own machine. No money moves, and no card number is kept."


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    location: str = ""


def page(title: str, content: str, *, status: int = 200, error: str = "") -> Response:
    """Return a page; `content` is HTML already."""
    problem = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f'<body><p class="notice">{NOTICE}</p><main><h1>{escape(title)}</h1>{problem}{content}</main></body></html>'
    )
    return Response(status, text.encode())


def go(url: str) -> Response:
    return Response(303, location=url)


def field(label: str, name: str, value: str = "", *, hint: str = "", required: bool = False, kind: str = "text") -> str:
    extra = f' placeholder="{escape(hint)}"' if hint else ""
    needed = " required" if required else ""
    return (
        f'<label>{escape(label)}<input name="{name}" type="{kind}" value="{escape(value)}" maxlength="200" '
        f'autocomplete="off"{extra}{needed}></label>'
    )


def choice(label: str, name: str, options: tuple[str, ...], chosen: str = "") -> str:
    entries = "".join(f"<option{' selected' if entry == chosen else ''}>{escape(entry)}</option>" for entry in options)
    return f'<label>{escape(label)}<select name="{name}">{entries}</select></label>'


def button(text: str, action: str, id_: str = "", *, label: str = "", main: bool = False) -> str:
    """Return a form of one button; `label` says more to those who hear it."""
    spoken = f' aria-label="{escape(label)}"' if label else ""
    kind = ' class="main"' if main else ""
    return (
        f'<form method="post"><input type="hidden" name="action" value="{escape(action)}">'
        f'<input type="hidden" name="id" value="{escape(id_)}"><button{kind}{spoken}>{escape(text)}</button></form>'
    )


def amount_text(amount: int, currency: str) -> str:
    return money(Decimal(amount), currency)


def card_text(method: Record) -> str:
    card = method["card"]
    return f"{str(card['brand']).title()} ending in {card['last4']}, {card['exp_month']:02}/{card['exp_year']}"


def card_fields(form: Form) -> str:
    return (
        field("Card number", "card_number", form.get("card_number", "4242 4242 4242 4242"), required=True)
        + '<div class="pair">'
        + field("Expiry (MM/YY)", "expires", form.get("expires", "12/34"), required=True)
        + field("CVC", "cvc", form.get("cvc", "123"), required=True)
        + "</div>"
    )
