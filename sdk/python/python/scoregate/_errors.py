"""What can go wrong, each with one sentence: the command's own where the command said it."""


class Error(Exception):
    """Of this package; its text is one sentence."""


class CompileError(Error):
    """A model cannot be compiled, or its component does not compute what the model's file says."""


class ScoreError(Error):
    """Rows cannot be scored: they are not what the model takes, or the model's call failed."""


class CheckError(Error):
    """The component and the library do not agree.

    Attributes:
        report: the :class:`~scoregate.CheckReport` that tells where.
    """

    def __init__(self, message: str, report: object = None) -> None:
        super().__init__(message)
        self.report = report


class PipelineError(Error):
    """A pipeline cannot be written, or its gateway does not start."""


class DeployError(Error):
    """A release was not deployed.

    Attributes:
        refused: whether the gateway understood and said no; else it is away, or could not do it now.
        answer: what the gateway answered, as JSON has it, where it refused.
    """

    def __init__(self, message: str, refused: bool = False, answer: object = None) -> None:
        super().__init__(message)
        self.refused = refused
        self.answer = answer
