"""The page "Reliability": what was killed, starved and damaged, and what was lost; what tests notice; what comes out twice.

All is from the results files of the commands that the page names.
"""

from scipy.stats import binomtest

from glmk_lib import paths
from glmk_lib.provenance import library_hash
from glmk_lib.publish.ledger import escape
from glmk_lib.publish.notebook import PROVENANCE, read_json
from glmk_lib.publish.report import number
from glmk_lib.publish.reproduce import FILE as REPRODUCED

FILE = "reliability.json"  # under results/
MUTANTS = "mutants.json"
PLANTED = "planted.json"
NOT_RUN = "*not run*"
_HEAD = """\
(reliability)=
# Reliability

What happens when a run is killed, when the disk is full, when a file is damaged? `make faults` tries it, at toy size and with
kept seeds. {made}

## Killed anywhere

Each of six programs is killed (SIGKILL, which nothing can catch) once or twice at random moments between its imports and its
end, and run again; what helped it is not killed along. It *survived* where the run after that ends well and what it made is
what an uninterrupted run makes, on one thread of a CPU: byte for byte, or, of notebooks, JSON and HDF5, value for value, but
for dates, seconds and logs. *Strays* are hidden, unfinished files that a killed run left and no later run deleted: they take
room, and nothing reads them. `notebooks` are two short ones executed by papermill, `book` is a book of one page.

{kills}

## No room, no permission

A program is given a disk that is really full, of so many bytes or so many files, and ends; then there is room, and it runs
again. Likewise with writes that are not permitted, from one of its writes on. *Told* means that it ended with one sentence that
says what to do (or needed no more room), and *lost* are trials after which the result was not that of an undisturbed run.

{disks}

`make test` tries others each time: an array larger than memory, a loss that is not finite, a file of frames that changes or
goes away while it is trained on, a kernel that is killed, a clock that jumps, Ctrl-C twice.

## Damaged files

Bytes of sound files are flipped, blanked, cut, doubled, swapped, and spliced with others. A damaged file is either *read* to
its end, as damage in a picture or a name allows, or *refused* in one sentence that names it. Anything else is a *failure*:
another error, a crash, or more memory or time than the limits allow{limits}. A damaged video that is read may look damaged.

{inputs}
{failures}
## Changes to the code

Tests are worth what they notice. `make mutants` changes the code at places drawn with a kept seed, one operator, number or
comparison at a time, and runs the unit tests of that part: a change is *killed* where one fails, or
comes to no end. A change that alters nothing that can be seen counts as a survivor too. The interval is Wilson's, 95 %.
{mutated}

{mutants}

(planted)=
## Mistakes that people make

Ten regressions of the kind that leaves a program running are planted in copies of the library, one at a time. `make test`
shows that a unit test fails with each; `make mutants` runs the chapters on templates and on training again at preset smoke,
from nothing, and finds the first cell that fails, or that no longer prints what it is to print. {caught}

{planted}

## The same result twice

`make reproduce` runs the chapters twice on the CPU, each time from nothing: filming, training, every measure. Every value of
the chapters' results must be the same to the last digit, but for when and how fast it was made. Studies, which are measured
once and kept, are shown to both. {repeated}

{reproduced}

## What is not covered

- A machine that loses its power may lose what it has not yet written to its disk. Checkpoints and what is copied with them are
  synced before they get their names; other files, such as captures and executed notebooks, are not, and carry checksums instead
  where they are read again.
- A frame store that is cut short *while* a run reads it ends that run without a sentence, as the system stops the process.
- Only what the table says was tried, and on one machine. That the trials end well proves no program free of faults.
"""
_FAILURES = """
### Failures

{table}
"""


def page() -> dict[str, bytes]:
    """The source of the page, by its path in the book."""
    read = (read_json(paths.RESULTS / name) or {} for name in (FILE, MUTANTS, PLANTED, REPRODUCED))
    body, mutants, planted, reproduced = read
    text = _HEAD.format(
        made=_made(body),
        kills=_table(
            ["Program", "Seconds", "Trials", "Kills", "Survived", "Lost", "Left strays"],
            [_killed(*each) for each in body.get("kills", {}).items()],
        ),
        disks=_table(
            ["Fault", "Program", "Trials", "Told", "Lost"],
            [_starved(fault, *each) for fault in ("full", "denied") for each in body.get(fault, {}).items()],
        ),
        inputs=_table(
            ["Kind", "Tried", "Read", "Refused", "Failures", "Slowest, s", "Most memory beyond its imports, MB"],
            [_damaged(*each) for each in body.get("inputs", {}).items()],
        ),
        failures=_failures(body),
        mutants=_table(["Part", "Tried", "Killed", "Score", "Interval"], [_mutated(*each) for each in mutants.items()]),
        mutated=_made({"mutants": mutants}, "make mutants"),
        planted=_table(["Regression", "In", "Unit test", "Cell"], [_caught(*each) for each in planted.items()]),
        caught=_made({"planted": planted}, "make mutants"),
        reproduced=_table(
            ["Capture", "Preset", "Values compared", "Different"],
            [_repeated(capture, *each) for capture, cells in reproduced.items() for each in cells.items()],
        ),
        repeated=_made(reproduced, "make reproduce"),
        limits=_limits(body),
    )
    return {"reliability.md": text.encode()}


def _made(body: dict, command: str = "make faults") -> str:
    cells = [cell[PROVENANCE] for section in body.values() for cell in section.values()]
    if not cells:
        return "It has not been run yet."
    commits = sorted({f"`{str(made['commit'])[:10]}`" + (" with changes" if made["dirty"] else "") for made in cells})
    dates = sorted({made["date"][:10] for made in cells})
    torch = cells[0]["packages"]["torch"]
    found = f"What follows was found at commit {' and '.join(commits)}, on {' and '.join(dates)}, with PyTorch {torch}."
    if all(made["library"] == library_hash() for made in cells):
        return found
    return f"{found} **The library has changed since**: `{command}` tries it anew."


def _limits(body: dict) -> str:
    cell = next((cell for cell in body.get("inputs", {}).values() if cell.get("tried")), None)
    return f" ({number(cell['memory'] / 1e9)} GB, {number(cell['time_out'])} s)" if cell else ""


def _killed(name: str, cell: dict) -> list[str]:
    trials = cell["trials"]
    if not trials:
        return [f"`{name}`", *[NOT_RUN] * 6]
    lost = [each for each in trials if each["code"] or each["lost"]]
    strays = sum(bool(each["strays"]) for each in trials)
    counts = (len(trials), sum(len(each["moments"]) for each in trials), len(trials) - len(lost), len(lost), strays)
    return [f"`{name}`", number(cell["seconds"]), *map(str, counts)]


def _starved(fault: str, name: str, cell: dict) -> list[str]:
    trials = cell["trials"]
    what = {"full": "disk full", "denied": "no permission"}[fault]
    if not trials:
        return [what, f"`{name}`", *[NOT_RUN] * 3]
    told = sum(_is_told(each) for each in trials)
    return [what, f"`{name}`", str(len(trials)), str(told), str(sum(bool(each["lost"]) for each in trials))]


def _is_told(trial: dict) -> bool:
    return trial["code"] == 0 or (trial["code"] == 2 and "Traceback" not in trial["said"])


def _damaged(kind: str, cell: dict) -> list[str]:
    if not cell.get("tried"):
        return [f"`{kind}`", *[NOT_RUN] * 6]
    counts = (cell["tried"], cell["read"], cell["refused"], len(cell["failures"]))
    return [f"`{kind}`", *map(str, counts), number(cell["slowest"]), number(cell["peak"] / 1e6)]


def _mutated(part: str, cell: dict) -> list[str]:
    tried = len(cell["tried"])
    killed = sum(mutant["killed"] for mutant in cell["tried"])
    low, high = binomtest(killed, tried).proportion_ci(method="wilson")
    return [part, str(tried), str(killed), f"{killed / tried:.0%}", f"{low:.0%} to {high:.0%}"]


def _caught(name: str, cell: dict) -> list[str]:
    """A regression, and where it was noticed; `cell` is None where the chapters ran to their end as if nothing were wrong."""
    where = "*not noticed*" if cell["cell"] is None else "`{}`, code cell {}".format(*cell["cell"])
    return [name, f"`{cell['module']}`", "noticed" if cell["unit"] else "*not noticed*", where]


def _repeated(capture: str, preset: str, cell: dict) -> list[str]:
    return [f"`{capture}`", f"`{preset}`", f"{cell['values']:,}", f"{len(cell['differences']):,}"]


def _failures(body: dict) -> str:
    """Every failure, with the seed that makes it again; of many alike one."""
    rows = {}
    for kind, cell in body.get("inputs", {}).items():
        for seed, what in cell.get("failures", {}).items():
            rows.setdefault((f"read {kind}", what.split(":")[0]), []).append((seed, what))
    for section in ("kills", "full", "denied"):
        for name, cell in body.get(section, {}).items():
            for seed, each in enumerate(cell["trials"]):
                if each["lost"] or not (_is_told(each) if section != "kills" else each["code"] == 0):
                    what = f"{each['said']} {', '.join(each['lost'])}"
                    rows.setdefault((f"{section} {name}", ""), []).append((str(seed), what))
    if not rows:
        return ""
    lines = [[escape(where), str(len(found)), found[0][0], escape(found[0][1][:300])] for (where, _), found in rows.items()]
    return _FAILURES.format(table=_table(["Where", "How many", "One seed", "What it said"], lines))


def _table(headings: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return NOT_RUN
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (headings, ["---"] * len(headings), *rows))
