"""Windows Management Instrumentation, by its COM interfaces (Microsoft, "COM API for WMI"): queries and methods.

Some facts have no other way to be asked for that does not start a shell.  A connection is opened for one question and
closed after it, on the thread that asks.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import contextlib
import ctypes
import uuid
from collections.abc import Iterator, Mapping, Sequence
from ctypes import wintypes

from benchside.protocol.errors import UnavailableError

__all__ = ["Management", "MissingError", "Value", "open_management"]

_ole32 = ctypes.WinDLL("ole32")
_oleaut32 = ctypes.WinDLL("oleaut32")

_LOCATOR = uuid.UUID("4590f811-1d3a-11d0-891f-00aa004b2e24").bytes_le
_ILOCATOR = uuid.UUID("dc12a687-737f-11cf-884d-00aa004b2e24").bytes_le
_IN_PROCESS, _MULTITHREADED, _OTHER_APARTMENT = 0x1, 0x0, 0x80010106
_WINNT, _NO_AUTHORISATION, _PRIVACY, _IMPERSONATE = 10, 0, 6, 3
_FORWARD_ONLY, _AT_ONCE = 0x20, 0x10
_NO_NAMESPACE, _NO_CLASS, _NOT_FOUND = 0x8004100E, 0x80041010, 0x80041002
_MISSING = (_NO_NAMESPACE, _NO_CLASS, _NOT_FOUND)
_NEXT_WITHIN_MS = 5000
MAX_ROWS = 64
"""Of one query: drives, providers; nothing that we ask for has more."""
# Places in the tables of methods; 0 to 2 are IUnknown's.
_RELEASE, _CONNECT, _GET_OBJECT, _QUERY, _METHOD = 2, 3, 6, 20, 24
_NEXT, _GET, _PUT, _SPAWN, _GET_METHOD = 4, 4, 5, 15, 19

Value = str | int | bool | None


class _Variant(ctypes.Structure):
    """VARIANT: a type, and a value in eight or sixteen bytes."""

    _fields_ = (
        ("vt", ctypes.c_uint16),
        ("reserved", ctypes.c_uint16 * 3),
        ("value", ctypes.c_uint64),
        ("rest", ctypes.c_void_p),
    )


_I4, _BSTR, _BOOL = 3, 8, 11

_oleaut32.SysAllocString.argtypes = (wintypes.LPCWSTR,)
_oleaut32.SysAllocString.restype = ctypes.c_void_p
_oleaut32.SysFreeString.argtypes = (ctypes.c_void_p,)
_oleaut32.VariantClear.argtypes = (ctypes.POINTER(_Variant),)
_ole32.CoInitializeEx.argtypes = (ctypes.c_void_p, wintypes.DWORD)
_ole32.CoCreateInstance.argtypes = (
    ctypes.c_char_p, ctypes.c_void_p, wintypes.DWORD, ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p),
)  # fmt: skip
_ole32.CoSetProxyBlanket.argtypes = (
    ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD,
    ctypes.c_void_p, wintypes.DWORD,
)  # fmt: skip


class MissingError(UnavailableError):
    """This Windows has no such namespace or class."""


class _Object:
    """A COM object of ours; released once."""

    def __init__(self, pointer: ctypes.c_void_p) -> None:
        self.pointer = pointer

    def call(self, place: int, *given: object) -> None:
        """Call a method by its place; UnavailableError when it fails."""
        code = self._call(place, *given) & 0xFFFFFFFF
        if code & 0x80000000:
            kind = MissingError if code in _MISSING else UnavailableError
            raise kind(f"expected an answer of WMI, got error {code:#x}")

    def release(self) -> None:
        self._call(_RELEASE)

    def _call(self, place: int, *given: object) -> int:
        table = ctypes.cast(self.pointer, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p))).contents
        method = ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p, *(_kind(one) for one in given))(table[place] or 0)
        return int(method(self.pointer, *given))


class Management:
    """A namespace."""

    def __init__(self, services: _Object) -> None:
        self._services = services

    def query(self, wql: str, names: Sequence[str]) -> list[dict[str, Value]]:
        """Return the named properties of what fits; UnavailableError when it cannot be asked."""
        found: list[dict[str, Value]] = []
        with _text("WQL") as language, _text(wql) as query:
            with self._made(_QUERY, language, query, ctypes.c_long(_FORWARD_ONLY | _AT_ONCE), None) as rows:
                while len(found) < MAX_ROWS:
                    pointer, count = ctypes.c_void_p(), wintypes.ULONG()
                    rows.call(
                        _NEXT, ctypes.c_long(_NEXT_WITHIN_MS), wintypes.ULONG(1), ctypes.byref(pointer),
                        ctypes.byref(count),
                    )  # fmt: skip
                    if count.value == 0:
                        break
                    with _owned(pointer) as row:
                        found.append({name: _get(row, name) for name in names})
        return found

    def ask(self, kind: str, path: str, method: str, given: Mapping[str, str | int], name: str) -> Value:
        """Call `method` of the object at `path`, of class `kind`; return what it gives as `name`."""
        with _text(kind) as of, self._made(_GET_OBJECT, of, ctypes.c_long(0), None, last=(None,)) as definition:
            signature = ctypes.c_void_p()
            definition.call(_GET_METHOD, ctypes.c_wchar_p(method), ctypes.c_long(0), ctypes.byref(signature), None)
        with _owned(signature) as takes, _spawned(takes) as filled, _text(path) as at, _text(method) as called:
            for key, value in given.items():
                _put(filled, key, value)
            more = (at, called, ctypes.c_long(0), None, filled.pointer)
            with self._made(_METHOD, *more, last=(None,)) as answer:
                return _get(answer, name)

    @contextlib.contextmanager
    def _made(self, place: int, *given: object, last: tuple[object, ...] = ()) -> Iterator[_Object]:
        """What a method of the namespace makes."""
        pointer = ctypes.c_void_p()
        self._services.call(place, *given, ctypes.byref(pointer), *last)
        with _owned(pointer) as made:
            yield made


@contextlib.contextmanager
def open_management(namespace: str) -> Iterator[Management]:
    """Connect to a namespace of this machine; MissingError (an UnavailableError) where it has none of that name."""
    began = _ole32.CoInitializeEx(None, _MULTITHREADED) & 0xFFFFFFFF
    if began & 0x80000000 and began != _OTHER_APARTMENT:
        raise UnavailableError(f"expected COM, got error {began:#x}")
    try:
        pointer, services = ctypes.c_void_p(), ctypes.c_void_p()
        code = _ole32.CoCreateInstance(_LOCATOR, None, _IN_PROCESS, _ILOCATOR, ctypes.byref(pointer)) & 0xFFFFFFFF
        if code:
            raise UnavailableError(f"expected WMI, got error {code:#x}")
        with _owned(pointer) as locator, _text(namespace) as name:
            locator.call(_CONNECT, name, None, None, None, ctypes.c_long(0), None, None, ctypes.byref(services))
        with _owned(services) as opened:
            code = _ole32.CoSetProxyBlanket(services, _WINNT, _NO_AUTHORISATION, None, _PRIVACY, _IMPERSONATE, None, 0)
            if code & 0x80000000:
                raise UnavailableError(f"expected WMI to know who asks, got error {code & 0xFFFFFFFF:#x}")
            yield Management(opened)
    finally:
        if not began & 0x80000000:
            _ole32.CoUninitialize()


def _kind(given: object) -> type:
    """What a method takes for it: nothing and every pointer are addresses."""
    return type(given) if isinstance(given, ctypes.c_long | wintypes.ULONG | ctypes.c_wchar_p) else ctypes.c_void_p


@contextlib.contextmanager
def _owned(pointer: ctypes.c_void_p) -> Iterator[_Object]:
    if not pointer.value:
        raise UnavailableError("expected an object of WMI, got none")
    made = _Object(pointer)
    try:
        yield made
    finally:
        made.release()


@contextlib.contextmanager
def _spawned(definition: _Object) -> Iterator[_Object]:
    pointer = ctypes.c_void_p()
    definition.call(_SPAWN, ctypes.c_long(0), ctypes.byref(pointer))
    with _owned(pointer) as made:
        yield made


@contextlib.contextmanager
def _text(text: str) -> Iterator[ctypes.c_void_p]:
    """A BSTR."""
    made = ctypes.c_void_p(_oleaut32.SysAllocString(text))
    try:
        yield made
    finally:
        _oleaut32.SysFreeString(made)


def _put(target: _Object, name: str, value: str | int) -> None:
    if isinstance(value, int):
        return _put_variant(target, name, _Variant(vt=_I4, value=value & 0xFFFFFFFF))
    with _text(value) as text:
        return _put_variant(target, name, _Variant(vt=_BSTR, value=text.value or 0))


def _put_variant(target: _Object, name: str, variant: _Variant) -> None:
    target.call(_PUT, ctypes.c_wchar_p(name), ctypes.c_long(0), ctypes.byref(variant), ctypes.c_long(0))


def _get(source: _Object, name: str) -> Value:
    variant = _Variant()
    source.call(_GET, ctypes.c_wchar_p(name), ctypes.c_long(0), ctypes.byref(variant), None, None)
    try:
        if variant.vt == _BSTR:
            return ctypes.wstring_at(variant.value) if variant.value else ""
        if variant.vt == _BOOL:
            return bool(variant.value & 0xFFFF)
        if variant.vt == _I4:
            return ctypes.c_int32(variant.value & 0xFFFFFFFF).value
        return None
    finally:
        _oleaut32.VariantClear(ctypes.byref(variant))
