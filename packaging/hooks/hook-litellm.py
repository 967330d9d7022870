"""litellm: its data files, and the modules that it imports by name only when a provider is first asked."""

import contents  # lies beside the recipe, which has it on its path
from PyInstaller.utils.hooks import collect_data_files, collect_dynamic_libs, collect_submodules


def _is_client(name: str) -> bool:
    return not name.startswith("litellm.proxy.") and ".tests" not in name


hiddenimports = [
    *collect_submodules("litellm", filter=_is_client),
    *contents.providers(),
    *("tiktoken_ext.openai_public", "tiktoken.load", "tiktoken.registry"),
]
datas = collect_data_files("litellm", excludes=["proxy/**", "**/*.md", "**/*.html", "**/*.png"])
binaries = collect_dynamic_libs("litellm")
