"""Describe each kind of content file in JSON Schema, from the models that load it.

Source: JSON Schema 2020-12; Taplo and Even Better TOML read `#:schema` in the first line of a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from generator.content import LanguageFile
from generator.guide import Carrier, Fact, Guide, Model, Phrase, Shop, Source, Term
from generator.place import Place, find_place

# A file of a kind holds one record, or lists of records by name.
KINDS: dict[str, type[Model] | dict[str, type[Model]]] = {
    "carrier": Carrier,
    "facts": {"source": Source, "fact": Fact},
    "guide": Guide,
    "language": LanguageFile,
    "phrases": {"phrase": Phrase},
    "shop": Shop,
    "terms": {"term": Term},
}
# Where files of a kind are, below the project.
FILES = {
    "carrier": "content/carriers/*.toml",
    "facts": "content/facts/*.toml",
    "guide": "content/guides/*.toml",
    "language": "locales/*/language.toml",
    "phrases": "content/phrases.toml",
    "shop": "content/shops/*.toml",
    "terms": "content/terms.toml",
}
# Where `schema -o` puts them by itself, and what the first line of a new file names.
FOLDER = ".schema"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def make_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file.

    Each key is described by the sentences of its model that name it, and a text of a guide also by where it
    is printed and how long it may be.
    """
    model = KINDS[kind]
    if isinstance(model, dict):
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {},
            "additionalProperties": False,
            "$defs": {},
        }
        for name, row in model.items():
            part = row.model_json_schema()
            schema["$defs"].update(part.pop("$defs", {}))
            schema["$defs"][row.__name__] = part
            schema["properties"][name] = {"type": "array", "items": {"$ref": f"#/$defs/{row.__name__}"}}
        models = list(model.values())
    else:
        schema = model.model_json_schema()
        models = [model]
    for each in models:
        _describe(schema, each)
    return {
        "$schema": _DIALECT,
        "title": f"carrier-guides: {kind} ({FILES[kind]})",
        **_without_titles(schema),
    }


def _describe(schema: dict[str, Any], model: type[Model]) -> None:
    """Give the keys of a model, and of the models in it, their descriptions."""
    for path, inner in _walk(model):
        table = schema if inner.__name__ not in schema.get("$defs", {}) else schema["$defs"][inner.__name__]
        for name, field in table.get("properties", {}).items():
            said = [_say(inner, name)]
            if place := _place(path, name):
                said.append(f"Printed: {place.describe()}.")
            if text := " ".join(part for part in said if part):
                field["description"] = text


def _walk(
    model: type[Model], path: str = "", seen: frozenset[str] = frozenset()
) -> Iterator[tuple[str, type[Model]]]:
    """Yield a model and all models in it, with the path of their fields: `steps`."""
    yield path, model
    for name, field in model.model_fields.items():
        for kind in _models_in(field.annotation):
            if kind.__name__ not in seen:
                yield from _walk(kind, f"{path}/{name}".strip("/"), seen | {kind.__name__})


def _models_in(annotation: Any) -> Iterator[type[Model]]:  # noqa: ANN401
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models_in(part)


def _say(model: type[Model], name: str) -> str:
    """Return the sentences of a model's docstring that name a field."""
    for base in model.__mro__:  # every row has the keys of its base
        sentences = re.split(r"(?<=[.;]) (?=[A-Z`])", " ".join((base.__doc__ or "").split()))
        if issubclass(base, Model) and (said := [text for text in sentences if f"`{name}`" in text]):
            return " ".join(said)
    return ""


def _place(path: str, name: str) -> Place | None:
    """Return the place of a text of a guide; None for what is none."""
    parts = ["*", *path.split("/")] if path else ["*"]
    for place in ("/".join([*parts, "*", name]), "/".join([*parts, name])):
        if (found := find_place(place)) is not None and found.pattern == place:
            return found
    return None


def _without_titles(schema: Any) -> Any:  # noqa: ANN401
    """Return a schema without the titles that repeat the names of keys."""
    if isinstance(schema, dict):
        return {
            key: _without_titles(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_without_titles(item) for item in schema] if isinstance(schema, list) else schema
