"""The credentials of a run's children, renewed in their file ahead of their end for as long as the run works."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from flowops.adapters.aws.client import Credentials
from flowops.adapters.periodic import Periodic
from flowops.errors import Exit, FlowopsError
from flowops.model.upkeep import Trouble

_MARGIN = timedelta(minutes=5)
_RETRY = 60.0


class KeptCredentials:
    """Looks for newer credentials once a third of their time is left, and hands them to `write`.

    `renew` returns ones that last longer than a time, asking nobody. Where none come until shortly before the end,
    `alarm` hears, once, that nothing new may start; `role` is who the children become with them.
    """

    def __init__(
        self,
        first: Credentials,
        *,
        renew: Callable[[datetime], Credentials],
        write: Callable[[Credentials], None],
        profile: str,
        role: str,
        clock: Callable[[], datetime],
        alarm: Callable[[str], None],
    ) -> None:
        self.trouble: Trouble | None = None
        self._renew, self._write, self._clock, self._alarm = renew, write, clock, alarm
        self._profile, self._role = profile, role
        self._expires, self._span = self._until(first)
        self._renewal = Periodic("credentials", self._first_look(), self.look, self.broken)

    def keep(self) -> KeptCredentials:
        """Renew them from now on in a thread of its own; what never ends needs none."""
        if self._expires is not None:
            self._renewal.start()
        return self

    def assure(self) -> None:
        """Look for newer ones now if these end soon by the clock: on a machine that slept, the thread did not."""
        if self.trouble is None and self._expires is not None and self._ends_soon(self._expires):
            self._renewal.once()

    def end(self) -> str:
        """Renew them no more; nothing can go wrong with that."""
        self._renewal.stop()
        return ""

    def look(self) -> float | None:
        """Renew them if that can be, and return the seconds until the next look; None where they do not end."""
        if self._expires is None:
            return None
        try:
            found = self._renew(self._expires)
        except FlowopsError as error:
            return self._in_vain(self._expires, error.happened)
        if found.expires is not None and found.expires <= self._expires:
            return self._in_vain(self._expires, f"profile {self._profile} has no newer ones")
        self._write(found)
        self._expires, self._span = self._until(found)
        return self._first_look()

    def broken(self, error: Exception) -> None:
        """Take note that nobody renews them any more."""
        self._tell(f"the credentials for {self._role} are not renewed any more: {type(error).__name__}: {error}")

    def _until(self, credentials: Credentials) -> tuple[datetime | None, timedelta]:
        expires = credentials.expires
        return expires, (expires - self._clock() if expires else timedelta(0))

    def _first_look(self) -> float:
        return max(0.0, self._span.total_seconds() * 2 / 3)

    def _ends_soon(self, expires: datetime) -> bool:
        return expires - self._clock() <= min(_MARGIN, self._span / 10)

    def _in_vain(self, expires: datetime, why: str) -> float:
        if self._ends_soon(expires):
            self._tell(
                f"the credentials of profile {self._profile} for {self._role} end at {expires:%Y-%m-%dT%H:%M:%SZ} "
                f"and could not be renewed ({why}); the states of all units stay where they are"
            )
        return min(_RETRY, max(0.1, self._span.total_seconds() / 30))

    def _tell(self, text: str) -> None:
        if self.trouble is None:
            self.trouble = Trouble(Exit.CREDENTIALS, text)
            self._alarm(text)
