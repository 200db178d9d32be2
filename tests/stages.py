"""The stages of a life, in order, as everybody who runs one sees them."""

from __future__ import annotations

_BEFORE = ("accounts", "bootstrap", "operator", "secrets")
_LIFE = ("render", "apply", "rollout", "second plan", "drift check", "listing", "destroy", "sweep")

OF_REHEARSAL = (*_BEFORE, *_LIFE)
OF_SELFTEST = (*_BEFORE, "checks", "nothing stands", *_LIFE)
