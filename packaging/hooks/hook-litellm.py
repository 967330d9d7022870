"""litellm: its data files, and the modules that it imports by name only when a provider is first asked."""

from importlib import metadata

from PyInstaller.utils.hooks import collect_data_files, collect_dynamic_libs, collect_submodules


def _is_client(name: str) -> bool:
    return not name.startswith("litellm.proxy.") and ".tests" not in name


def _providers() -> list[str]:
    """All of them: `collect_submodules` passes by folders without an `__init__.py`."""
    names = (
        ".".join(file.with_suffix("").parts)
        for file in metadata.files("litellm") or []
        if file.suffix == ".py"
    )
    return [
        name.removesuffix(".__init__")
        for name in names
        if name.startswith("litellm.llms.") and "guardrail_translation" not in name  # which its server has
    ]


hiddenimports = [
    *collect_submodules("litellm", filter=_is_client),
    *_providers(),
    *("tiktoken_ext.openai_public", "tiktoken.load", "tiktoken.registry"),
]
datas = collect_data_files("litellm", excludes=["proxy/**", "**/*.md", "**/*.html", "**/*.png"])
binaries = collect_dynamic_libs("litellm")
