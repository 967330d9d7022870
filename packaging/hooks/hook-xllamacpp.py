"""xllamacpp: the libraries that lie beside its extension module."""

from PyInstaller.utils.hooks import collect_dynamic_libs

binaries = collect_dynamic_libs("xllamacpp")
hiddenimports = ["xllamacpp.memory"]
