"""The doors through which one instance acts outside: they remember what of it may have happened."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http import HTTPStatus

from app.executor.instance import Instance
from app.sdk.context import Files, HttpReply, HttpRequest, Net, Row
from app.sdk.errors import NodeError
from app.sdk.unsent import is_unsent

_ONLY_READ = frozenset({"GET", "HEAD"})


class NotedNet:
    def __init__(self, net: Net, instance: Instance) -> None:
        self._net = net
        self._instance = instance

    async def request(self, request: HttpRequest) -> HttpReply:
        if request.method.upper() in _ONLY_READ:
            return await self._net.request(request)
        with _noted(self._instance):
            reply = await self._net.request(request)
        if _is_refused(reply):
            self._instance.acts -= 1
        return reply


class NotedFiles:
    def __init__(self, files: Files, instance: Instance) -> None:
        self._files = files
        self._instance = instance

    async def read_text(self, path: str) -> str:
        return await self._files.read_text(path)

    async def read_table(self, path: str, sheet: str = "", most: int | None = None) -> Sequence[Row]:
        return await self._files.read_table(path, sheet, most)

    async def write_text(self, path: str, text: str, *, append: bool = False, replace: bool = False) -> str:
        with _noted(self._instance):
            return await self._files.write_text(path, text, append=append, replace=replace)

    async def write_table(
        self, path: str, rows: Sequence[Row], *, append: bool = False, replace: bool = False
    ) -> str:
        with _noted(self._instance):
            return await self._files.write_table(path, rows, append=append, replace=replace)


def _is_refused(reply: HttpReply) -> bool:
    """Whether the server says that it did not do it; what broke inside it may have done it before."""
    return not reply.done and (
        HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR
        or reply.status == HTTPStatus.SERVICE_UNAVAILABLE
    )


@contextmanager
def _noted(instance: Instance) -> Generator[None]:
    """One act: it counts from its beginning, unless it ends so that it surely hasn't happened."""
    instance.acts += 1
    try:
        yield
    except BaseException as error:
        stayed = not error.in_doubt if isinstance(error, NodeError) else is_unsent(error)
        if stayed:
            instance.acts -= 1
        raise
