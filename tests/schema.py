"""JSON that mlcli prints, held against the schemas that it ships."""

import json
from importlib import resources
from typing import Any

import jsonschema


def validate(document: dict[str, Any]) -> None:
    """Against the schema that the document names."""
    name = document["schema"].removeprefix("mlcli.").replace("/", "-")
    schema = resources.files("mlcli.render").joinpath("schemas", f"{name}.json").read_text("utf-8")
    jsonschema.validate(document, json.loads(schema))
