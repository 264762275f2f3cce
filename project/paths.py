"""Where things lie in a checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
SOURCE = ROOT / "src" / "benchside"
CONSOLE = ROOT / "console"
CONSOLE_BUILT = SOURCE / "transport" / "web" / "pages"
DOWNLOADS = ROOT / ".downloads"
# Everything that running leaves behind, apart from the environment: logs of set-up and of worlds.
WORLD = ROOT / ".world"
LOGS = WORLD / "logs"
STAMPS = VENV / "stamps"
