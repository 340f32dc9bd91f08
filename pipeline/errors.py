"""The two ways a command can end badly, told apart by exit status.

Everything that is the user's to mend is a `UserError` (status 2); everything that went wrong while working on a
sound request is a `WorkError` (status 1). The command line prints their text alone, never a traceback.
"""


class UserError(Exception):
    """The request cannot be carried out as written. The message lists every problem, one a line."""


class WorkError(Exception):
    """The request was sound but the work failed. The message says what was kept and how to go on."""
