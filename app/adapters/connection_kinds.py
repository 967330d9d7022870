"""The kinds of connections: where each answers, which dialect it speaks and how it is listed among prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Bill: TypeAlias = Literal["", "cost", "ticks"]  # how a provider says what it charged; empty: it doesn't
Lane: TypeAlias = Literal["embedded", "openai", "litellm", "web"]
ListedAs: TypeAlias = tuple[str, tuple[str, ...]]  # (prefix of the names, providers) in the price list


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a server's OpenAI dialect differs. An empty name: the server doesn't know the setting."""

    max_tokens: str = "max_tokens"
    seed: str = "seed"
    stream_usage: bool = True  # takes `stream_options`; the others give the usage without being asked
    schema: Literal["json_schema", "json_object"] = "json_schema"
    bill: Bill = ""


OPENAI = Dialect()
GENERAL = "litellm"  # the kind for every provider without a form of its own
_BEDROCK_REGIONS = {
    "us-east-1": "US",
    "us-east-2": "US",
    "us-west-2": "US",
    "ca-central-1": "CA",
    "sa-east-1": "BR",
    "eu-central-1": "DE",
    "eu-west-1": "IE",
    "eu-west-2": "GB",
    "eu-west-3": "FR",
    "eu-north-1": "SE",
    "ap-northeast-1": "JP",
    "ap-northeast-2": "KR",
    "ap-south-1": "IN",
    "ap-southeast-1": "SG",
    "ap-southeast-2": "AU",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `title` is the maker's own name, the same in every language.

    `url` is empty where only the person knows it; `regions` holds the other addresses by region. `needs_key`
    None: it may have one. `provider` is litellm's name. `country` (ISO 3166) is the one that the provider names
    as its seat, `countries` those of its regions; empty where it depends on the account.
    """

    id: str
    title: str
    lane: Lane
    url: str = ""
    needs_key: bool | None = True
    regions: Mapping[str, str] = field(default_factory=dict[str, str])
    dialect: Dialect = OPENAI
    provider: str = ""
    country: str = ""
    countries: Mapping[str, str] = field(default_factory=dict[str, str])
    listed_as: ListedAs = ("", ())

    def address(self, region: str) -> str:
        """The kind's address in a region; an unknown region leads to the kind's first address."""
        return self.regions.get(region, self.url)

    @property
    def own_url(self) -> bool:
        """Whether the person must say where it is."""
        return not self.url and self.lane != "embedded" and self.id != GENERAL

    @property
    def has_models(self) -> bool:
        return self.lane != "web"


def _kinds() -> tuple[Kind, ...]:
    plain_json = Dialect(schema="json_object")
    return (
        Kind("embedded", "Baton", "embedded", needs_key=False),
        Kind("openai_compatible", "OpenAI-compatible", "openai", needs_key=None),
        Kind("ollama", "Ollama", "openai", "http://localhost:11434/v1", needs_key=None),
        Kind("lm_studio", "LM Studio", "openai", "http://localhost:1234/v1", needs_key=None),
        Kind("llama_cpp", "llama.cpp", "openai", "http://localhost:8080/v1", needs_key=None),
        Kind("vllm", "vLLM", "openai", "http://localhost:8000/v1", needs_key=None),
        Kind(
            "openai",
            "OpenAI",
            "openai",
            "https://api.openai.com/v1",
            dialect=Dialect(max_tokens="max_completion_tokens"),
            country="US",
            listed_as=("", ("openai",)),
        ),
        Kind(
            "anthropic",
            "Anthropic",
            "litellm",
            "https://api.anthropic.com",
            provider="anthropic",
            country="US",
            listed_as=("", ("anthropic",)),
        ),
        Kind(
            "gemini",
            "Google Gemini",
            "litellm",
            "https://generativelanguage.googleapis.com/v1beta",
            provider="gemini",
            country="US",
            listed_as=("gemini/", ("gemini",)),
        ),
        Kind("azure", "Azure OpenAI", "litellm", provider="azure", listed_as=("azure/", ("azure",))),
        Kind(
            "bedrock",
            "Amazon Bedrock",
            "litellm",
            "https://bedrock-runtime.us-east-1.amazonaws.com",
            regions={
                region: f"https://bedrock-runtime.{region}.amazonaws.com"
                for region in _BEDROCK_REGIONS
                if region != "us-east-1"
            },
            provider="bedrock",
            country="US",
            countries=_BEDROCK_REGIONS,
            listed_as=("", ("bedrock", "bedrock_converse")),
        ),
        Kind(
            "mistral",
            "Mistral",
            "openai",
            "https://api.mistral.ai/v1",
            dialect=Dialect(seed="random_seed", stream_usage=False),
            country="FR",
            listed_as=("mistral/", ("mistral",)),
        ),
        Kind(
            "deepseek",
            "DeepSeek",
            "openai",
            "https://api.deepseek.com/v1",
            dialect=plain_json,
            country="CN",
            listed_as=("deepseek/", ("deepseek",)),
        ),
        Kind(
            "dashscope",
            "阿里云百炼 DashScope",
            "openai",
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            regions={"intl": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"},
            dialect=plain_json,
            country="CN",
            countries={"intl": "SG"},
            listed_as=("dashscope/", ("dashscope",)),
        ),
        Kind(
            "zhipu",
            "智谱 Z.ai",
            "openai",
            "https://open.bigmodel.cn/api/paas/v4",
            regions={"intl": "https://api.z.ai/api/paas/v4"},
            dialect=Dialect(seed="", schema="json_object"),
            country="CN",
            countries={"intl": "SG"},
            listed_as=("zai/", ("zai",)),
        ),
        Kind(
            "moonshot",
            "Moonshot Kimi",
            "openai",
            "https://api.moonshot.cn/v1",
            regions={"intl": "https://api.moonshot.ai/v1"},
            dialect=plain_json,
            country="CN",
            countries={"intl": "SG"},
            listed_as=("moonshot/", ("moonshot",)),
        ),
        Kind(
            "groq",
            "Groq",
            "openai",
            "https://api.groq.com/openai/v1",
            country="US",
            listed_as=("groq/", ("groq",)),
        ),
        Kind(
            "openrouter",
            "OpenRouter",
            "openai",
            "https://openrouter.ai/api/v1",
            dialect=Dialect(bill="cost"),
            country="US",
        ),
        Kind(
            "xai",
            "xAI",
            "openai",
            "https://api.x.ai/v1",
            dialect=Dialect(bill="ticks"),
            country="US",
            listed_as=("xai/", ("xai",)),
        ),
        Kind(
            "siliconflow",
            "硅基流动 SiliconFlow",
            "openai",
            "https://api.siliconflow.cn/v1",
            dialect=plain_json,
            country="CN",
        ),
        Kind(GENERAL, "Cohere, Together AI, Perplexity …", "litellm"),
        Kind("web_api", "Web API", "web", needs_key=None),
    )


KINDS: Mapping[str, Kind] = {kind.id: kind for kind in _kinds()}
