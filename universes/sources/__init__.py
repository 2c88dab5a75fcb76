"""Where prices come from: files, databases, the price store, the web; each source is a small file of its own."""

from __future__ import annotations

# The room of prices imports this one where it reads: begun from here, it has to be there first.
from .. import prices as _prices  # noqa: F401
