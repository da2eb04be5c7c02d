"""Six lessons: one screen each, one thing to move, one question."""

from heanet.ui import heavy
from heanet.ui.language import _
from heanet.ui.page import set_up_page

set_up_page(_("Learn"))
heavy.show("learn")
