"""What the rules say of a test file's own rows."""

import pytest

from tests.clean.rows import flags_by_row


@pytest.fixture(scope="module")
def seen(request):
    """The flags of a file's `DIRTY` rows (rule, prompt, answer) and `GOOD` rows (prompt, answer), by prompt and answer."""
    return flags_by_row([*(row[1:] for row in request.module.DIRTY), *request.module.GOOD])
