"""Settings read from files, so that a secret need not stand in the process environment."""

import os
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource


class FileSource(PydanticBaseSettingsSource):
    """``DATABASE_URL_FILE=/run/secrets/url`` gives ``database_url`` the content of that file."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{field_name.upper()}_FILE")
        content = Path(path).read_text(encoding="utf-8").strip() if path else None
        return content, field_name, self.field_is_complex(field)

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            content, key, is_complex = self.get_field_value(field, name)
            if content is not None:
                found[key] = self.prepare_field_value(name, field, content, is_complex)
        return found
