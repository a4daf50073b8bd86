"""WHERE FROM, files. Comes in: tables in files of any common kind. Goes out: facts, by `pool.record`; and the rows that could not be.

`preview` -> (`look_again`, `remap`) -> `start` -> `run` (or the river's `advance`) -> `undo`; `import_file` does all of it for the
command line. Owns the tables imports, import_rejects, import_mappings. The mapping is documented in docs/imports.md.
"""

from siyu.sources.files.commands import import_file
from siyu.sources.files.faults import FileFault
from siyu.sources.files.fields import by_group as fields_by_group
from siyu.sources.files.fields import kept_as
from siyu.sources.files.flow import (
    all_imports,
    first_rejects,
    look_again,
    preview,
    preview_again,
    progress,
    reject_counts,
    rejects_file,
    remap,
    same_header,
    see,
    source_names,
    start,
    undo,
)
from siyu.sources.files.mapping import NotSettled, from_json, to_json
from siyu.sources.files.offline import Offline, read_offline
from siyu.sources.files.running import advance, let_go, run
from siyu.sources.files.saying import fault_in_words, field_name, note_in_words, reject_in_words
from siyu.sources.files.staging import discard
from siyu.sources.files.words import Column, Import, Mapping, Note, Options, Preview, Progress, Reject, Shape, Wish

__all__ = [
    "Column",
    "FileFault",
    "Import",
    "Mapping",
    "NotSettled",
    "Note",
    "Offline",
    "Options",
    "Preview",
    "Progress",
    "Reject",
    "Shape",
    "Wish",
    "advance",
    "all_imports",
    "discard",
    "fault_in_words",
    "field_name",
    "fields_by_group",
    "first_rejects",
    "from_json",
    "import_file",
    "kept_as",
    "let_go",
    "look_again",
    "note_in_words",
    "preview",
    "preview_again",
    "progress",
    "read_offline",
    "reject_counts",
    "reject_in_words",
    "rejects_file",
    "remap",
    "run",
    "same_header",
    "see",
    "source_names",
    "start",
    "to_json",
    "undo",
]
