"""The home page: what this is, and where to start."""

from heanet.ui import heavy
from heanet.ui.home import show_home
from heanet.ui.page import set_up_page

set_up_page("")
show_home()
heavy.start()
