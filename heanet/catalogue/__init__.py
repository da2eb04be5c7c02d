"""The catalogue of all texts that a user can meet, made from the source by one command.

``python -m heanet.catalogue`` reads the strings of the pages (Babel) and the sentences of the core
(``heanet.catalogue.sources``), brings ``heanet/ui/locale`` up to date and writes
``docs/messages.md``. Nothing of it is needed at run time.
"""
