"""A YAML file with line numbers: plain values, plus the line on which each of them stands.

Closes YAML's traps in one place: duplicate keys are refused, aliases are allowed, tags are not, and there are no
includes or interpolation, so a recipe is one file that says everything.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UserError

Location = tuple[str | int, ...]


class YamlFile:
    """A parsed file: ``data`` is plain Python, ``line(location)`` where a value stands (1-based)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: dict[Location, int] = {}
        self.problems: list[str] = []
        self.data = self._load()

    def line(self, location: Location) -> int:
        """Return the line of the value, or of the nearest value around it."""
        while location and location not in self._lines:
            location = location[:-1]
        return self._lines.get(location, 1)

    def _load(self) -> Any:
        try:
            text = self.path.read_text(encoding="utf-8")
        except OSError as error:
            raise UserError(f"{self.path}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UserError(f"{self.path}: byte {error.start} is not UTF-8") from error
        try:
            root = _compose(text)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            tab = "; indent with spaces, never with tabs" if "\\t" in str(error.problem) else ""
            raise UserError(f"{self.path}:{line}: not valid YAML: {error.problem}{tab}") from error
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise UserError(
                f"{self.path}:{line}: not valid YAML: control character (code {error.character})"
            ) from error
        if root is None:
            raise UserError(f"{self.path}:1: the file is empty")
        try:
            return self._value(root, ())
        except RecursionError:
            raise UserError(f"{self.path}: an alias contains itself, or values are nested too deeply") from None

    def _value(self, node: yaml.Node, location: Location) -> Any:
        self._lines[location] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*location, i)) for i, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in result:
                where = ".".join(map(str, (*location, key)))
                first = self._lines[(*location, key)]
                self.problems.append(f"{self.path}:{line}: {where}: written twice; first on line {first}")
            result[key] = self._value(value_node, (*location, key))
            self._lines[(*location, key)] = line
        return result

    def _scalar(self, node: yaml.Node) -> Any:
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(node)
        except yaml.YAMLError:
            self.problems.append(f"{self.path}:{node.start_mark.line + 1}: tag {node.tag} is not allowed")
            return None
        finally:
            loader.dispose()


def _compose(text: str) -> yaml.Node | None:
    """Parse with libyaml where PyYAML has it, as its wheels do; PyYAML's own parser says more about mistakes."""
    if hasattr(yaml, "CSafeLoader"):
        try:
            return yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.YAMLError:
            pass
    return yaml.compose(text, Loader=yaml.SafeLoader)
