"""What the server answers has no limits of its own: what rests in the database is shown, whatever it is."""

from __future__ import annotations

import typing
from collections.abc import Iterator

from annotated_types import BaseMetadata
from pydantic import BaseModel

from benchside.server.http.table import ENTRY_POINTS


def models_in(kind: object) -> Iterator[type[BaseModel]]:
    """The models that a type is made of."""
    for part in typing.get_args(kind):
        yield from models_in(part)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from models_in(field.annotation)


def limits_of(kind: object) -> list[object]:
    """The limits that stand anywhere in a type."""
    of_it = [one for one in getattr(kind, "__metadata__", ()) if isinstance(one, BaseMetadata)]
    return of_it + [limit for part in typing.get_args(kind) for limit in limits_of(part)]


def test_an_answer_is_never_refused_for_what_it_says() -> None:
    """An answer that breaks a limit is an error 500: nobody could mend what it shows."""
    looked_at = set()
    for entry in ENTRY_POINTS:
        for model in models_in(typing.get_type_hints(entry.serve).get("return")):
            looked_at.add(model.__name__)
            assert not model.model_config.get("extra"), (entry.path, model)
            for name, hint in typing.get_type_hints(model, include_extras=True).items():
                assert not limits_of(hint), (entry.path, model, name)
    assert {"SiteShape", "TrainingShape", "AdvisoryShape", "ModelShape", "AlertShape"} <= looked_at
