"""``python -m heanet.catalogue``: brings catalogues and docs/messages.md up to date."""

import sys

from heanet.catalogue.document import write_document
from heanet.catalogue.update import catalogue_path, faults, read_catalogue, updated
from heanet.ui.catalogues import LOCALE


def main() -> int:
    """Writes all files; 1 where translations are missing or wrong, which are listed."""
    found: list[str] = []
    for language in sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir()):
        catalogue_path(language).write_text(updated(language), encoding="utf-8")
        found += [f"{language}: {fault}" for fault in faults(read_catalogue(language))]
    write_document()
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
