"""The one error of the engine: data or settings that cannot give a number to trust."""


class InvalidData(Exception):
    """What was asked cannot be computed from this input; `pointer` is a JSON pointer (RFC 6901) into the request."""

    def __init__(self, pointer: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer
        self.code = code
        self.detail = detail
