"""What the window's forms ask of the engine, whatever carries the question there."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from app.adapters.connection import Connection
from app.adapters.connection_check import ConnectionCheck
from app.adapters.keyring_secrets import SecretsState
from app.adapters.reviewed_store import Reviewed
from app.adapters.shelf import Shelf
from app.adapters.sqlite_memory import KeptConversation
from app.document.workflow import Json
from app.executor.cache import CacheState
from app.processes.messages import ConversationList
from app.sdk.grants import Grants


class EngineClient(Protocol):
    """Every method raises ProblemError where the engine refuses or is gone. Keys go in, never out."""

    async def shelf(self, *, look_again: bool = False, find: bool = False) -> Shelf:
        """Models, roles and connections; `find` looks for servers on this computer, `look_again` asks all anew."""
        ...

    async def save_connection(self, connection: Connection, replaces: str = "") -> Connection:
        """Adds a connection, or changes (and renames, with its key) the one named `replaces`."""
        ...

    async def delete_connection(self, name: str) -> None:
        """Removes a connection and its key."""
        ...

    async def check_connection(self, connection: Connection, key: str | None = None) -> ConnectionCheck:
        """Tries a connection, saved or not, with the key just typed or else the kept one."""
        ...

    async def give_price(self, connection: str, model: str, into: Decimal, out: Decimal) -> None:
        """From now on a model costs so much, in US dollars per million tokens."""
        ...

    async def store_key(self, connection: str, key: str) -> SecretsState:
        """Keeps a key and says where."""
        ...

    async def forget_key(self, connection: str) -> None: ...

    async def key_state(self) -> SecretsState: ...

    async def unlock_keys(self, passphrase: str) -> SecretsState: ...

    async def protect_keys(self, passphrase: str) -> SecretsState:
        """Moves all keys into a file that this passphrase protects."""
        ...

    async def start_keys_over(self) -> SecretsState:
        """Puts a key file that can't be opened any more aside; keys are entered anew."""
        ...

    async def reviewed(self) -> tuple[Reviewed, ...]: ...

    async def forget_reviewed(self, digest: str) -> None:
        """The next run of that workflow asks again."""
        ...

    async def remember_reviewed(self, workflow: str, grants: Grants) -> None:
        """Allows this workflow (the text of its file) from now on."""
        ...

    async def cache_state(self) -> CacheState:
        """How much is kept of results that may be taken again."""
        ...

    async def clear_cache(self) -> int:
        """Forgets all of them; gives how many."""
        ...

    async def conversations(self) -> ConversationList:
        """Those that steps with a memory keep."""
        ...

    async def conversation(self, owner: str, name: str) -> KeptConversation:
        """What was said in one of them."""
        ...

    async def forget_conversation(self, owner: str, name: str) -> int:
        """Throws one away; gives how many turns went."""
        ...

    async def value(self, reference: str) -> Json:
        """The whole value behind a preview."""
        ...
