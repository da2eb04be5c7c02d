"""A reader that does what hostile files make parsers do."""

import ctypes
import os
import re
import time

from heanet.apart import serve
from heanet.errors import DataError


def answer(data: bytes, options: dict[str, object]) -> bytes:
    match data:
        case b"loop":
            re.match(r"(a+)+$", "a" * 64 + "b")  # in C, where Python cannot stop it
        case b"sleep":
            time.sleep(3600)
        case b"fill":
            return bytes(2**32)
        case b"crash":
            ctypes.string_at(0)
        case b"leave":
            os._exit(0)
        case b"refuse":
            raise DataError("It is bad", expected="a good one", fix="Mend it")
        case b"bug":
            raise ZeroDivisionError("ours")
        case b"print":
            print("from a parser")  # noqa: T201
    return f"{os.getpid()} {options['name']} ".encode() + data


if __name__ == "__main__":
    serve(answer)
