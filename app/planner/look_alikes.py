"""Look-alikes: whether a host's name could be taken for another owner's, told from the name alone."""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Sign: TypeAlias = Literal["", "address", "inside", "look_alike", "letters"]

# Owners whose names are worth imitating towards people who use models and web services.
KNOWN = (
    "alibabacloud.com",
    "aliyuncs.com",
    "amazonaws.com",
    "anthropic.com",
    "apple.com",
    "azure.com",
    "baidu.com",
    "cohere.com",
    "deepseek.com",
    "dropbox.com",
    "feishu.cn",
    "github.com",
    "github.io",
    "githubusercontent.com",
    "google.com",
    "googleapis.com",
    "groq.com",
    "huggingface.co",
    "microsoft.com",
    "mistral.ai",
    "moonshot.cn",
    "notion.so",
    "office.com",
    "openai.com",
    "openrouter.ai",
    "paypal.com",
    "perplexity.ai",
    "salesforce.com",
    "slack.com",
    "stripe.com",
    "telegram.org",
    "tencent.com",
    "wechat.com",
    "wikipedia.org",
    "zhipuai.cn",
)

# Below a country's ending these stand for a kind of owner, so the owner's own name comes before them.
_SECOND_LEVEL = {"ac", "co", "com", "edu", "gov", "go", "ne", "net", "or", "org"}
_SHORTEST = 5  # letters of a name that is compared: shorter ones resemble too much
_BEGINS = 6  # letters from which a name that only begins another is taken for an imitation
_SAME_SHAPE = str.maketrans({"0": "o", "1": "l", "3": "e", "5": "s", "8": "b", "|": "l"})
# Letters of other alphabets that look like Latin ones (the commonest of Unicode's confusables).
_SAME_LETTER = str.maketrans("аеорсухіјѕԁɡοαν", "aeopcyxijsdgoav")


@dataclass(frozen=True, slots=True)
class Look:
    """What is odd about a host's name; `like` is the owner's name that it resembles."""

    sign: Sign = ""
    like: str = ""


def look_at(host: str, others: Collection[str] = ()) -> Look:
    """Judges a host without asking anybody. `others` are hosts that the person or the file also uses."""
    name = host.strip().strip("[]").rstrip(".").lower()
    if _is_address(name):
        return Look("inside" if _is_inside(name) else "address")
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal", ".lan")) or "." not in name:
        return Look("inside")
    shown = readable(name)
    if like := _resembles(shown, {*KNOWN, *(owner(o.lower()) for o in others)}):
        return Look("look_alike", like)
    return Look("letters") if _mixes_alphabets(shown) else Look()


def readable(host: str) -> str:
    """The host with its coded letters (`xn--…`) as people see them; unreadable codes stay."""
    return ".".join(_decoded(label) for label in host.split("."))


def owner(host: str) -> str:
    """The registered name: the part of a host that somebody owns.

    An approximation without the public suffix list: two labels, three below `co.uk` and the like.
    """
    labels = host.rstrip(".").split(".")
    three = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if three else -2 :])


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        # 2130706433, 0x7f.1 and 017700000001 are addresses too, written to be overlooked.
        return all(_is_number(part) for part in name.split("."))
    return True


def _is_number(part: str) -> bool:
    return part.isdecimal() or (part.startswith("0x") and all(c in "0123456789abcdef" for c in part[2:]))


def _is_inside(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return True  # an odd spelling of an address has no honest use
    return not address.is_global


def _resembles(name: str, owners: Iterable[str]) -> str:
    mine, all_owners = owner(name), sorted(owners)
    if mine in all_owners:
        return ""
    return next((other for other in all_owners if "." in other and _imitates(name, mine, other)), "")


def _imitates(name: str, mine: str, other: str) -> bool:
    if f".{other}." in f".{name}.":  # openai.com.evil.example
        return True
    word = other.partition(".")[0]
    if len(word) < _SHORTEST:
        return False
    label = _skeleton(mine.partition(".")[0])
    whole_word = word in label.split("-")  # openai.example, openai-login.example, 0penai.com
    return whole_word or (len(word) >= _BEGINS and label.startswith(word)) or _one_letter_off(label, word)


def _skeleton(label: str) -> str:
    plain = unicodedata.normalize("NFKD", label).translate(_SAME_LETTER).translate(_SAME_SHAPE)
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("rn", "m").replace("vv", "w")


def _one_letter_off(a: str, b: str) -> bool:
    """Whether one letter was changed, added, left out or swapped with its neighbour."""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    tail_a, tail_b = a[start:], b[start:]
    swapped = tail_a[:2] == tail_b[:2][::-1] and tail_a[2:] == tail_b[2:]
    return tail_a[1:] == tail_b[1:] or tail_a[1:] == tail_b or tail_a == tail_b[1:] or swapped


def _mixes_alphabets(name: str) -> bool:
    return any(len({_alphabet(c) for c in label if c.isalpha()}) > 1 for label in name.split("."))


def _alphabet(letter: str) -> str:
    return unicodedata.name(letter, "?").partition(" ")[0]
