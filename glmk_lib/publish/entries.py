"""Files of the project that hold a list of entries, each of them checked: targets.yaml and claims.yaml."""

from pathlib import Path

import pydantic
import yaml

from glmk_lib.publish import BookError


def read(path: Path, under: str, model: type[pydantic.BaseModel]) -> list:
    """The entries of the list `under` in a YAML file that holds nothing else.

    Raises:
        BookError: the file can't be read or is no such list, or an entry, named by its "name", is not as `model` has it.
    """
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BookError(f"{path}: can't be read ({getattr(error, 'strerror', None) or 'it is not text'}).") from None
    except yaml.YAMLError as error:
        raise BookError(f"{path}: not YAML ({' '.join(str(error).split())}).") from None
    entries = body.get(under) if isinstance(body, dict) else None
    if not isinstance(entries, list) or set(body) != {under}:
        raise BookError(f"{path}: expected a list under '{under}', and nothing else.")
    found = []
    for i, entry in enumerate(entries, 1):
        named = repr(entry["name"]) if isinstance(entry, dict) and "name" in entry else f"number {i}"
        try:
            found.append(model.model_validate(entry))
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the entry"
            raise BookError(f"{path}: entry {named}: {where}: {first['msg']}; found {first['input']!r}.") from None
    return found
