"""Execute the notebooks in order with papermill, each only when something that it depends on has changed.

A notebook's key is a SHA-256 over its source, the library, the pins, the data manifest, the kernel, the parameters and the
keys of the notebooks before it; of one that reads studies, over their cells too. `publish/` and the command line are left out
of the library's part, all but publish/notebook.py: they run around a notebook and can't change its results.

Executed copies lie in build/executed/{capture}-{preset}/ as NN_name.ipynb, each with NN_name.key.json (key, SHA-256 of its
results file, wall seconds). A notebook that fails is kept as NN_name.failed.ipynb; the older good copy stays.
"""

import hashlib
import json
import os
import shutil
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from glmk_lib import paths, presets
from glmk_lib.capture.storage import alone, identity
from glmk_lib.errors import PresetError
from glmk_lib.provenance import constraints_hash
from glmk_lib.publish import BookError
from glmk_lib.publish.notebook import check_capture, check_seed, read_json, save_results, write_json
from glmk_lib.publish.progress import Progress, clock

KERNEL = "python3"  # in a virtual environment, its own
TIMES = "book"  # the chapter under which wall seconds are written


@dataclass(frozen=True)
class Job:
    """One notebook to execute, and the files that it makes."""

    source: Path
    executed: Path
    results: Path
    key: str

    @property
    def stamp(self) -> Path:
        return self.executed.with_suffix(".key.json")

    @property
    def failed(self) -> Path:
        return self.executed.with_suffix(".failed.ipynb")

    def is_done(self) -> bool:
        """Whether the executed copy and the results are there, as this very key made them."""
        stamp = read_json(self.stamp) or {}
        return (
            stamp.get("key") == self.key
            and self.executed.is_file()
            and self.results.is_file()
            and stamp.get("results") == _sha256(self.results.read_bytes())
        )


def chapters() -> list[Path]:
    """The notebooks, in order. Raises BookError where there are none."""
    found = sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    if not found:
        raise BookError(f"{paths.NOTEBOOKS}: no notebooks; expected files named as 01_capture.ipynb.")
    return found


def execute_all(capture: str, preset: str, seed: int = 0, kernel: str | None = None, only=None) -> list[Path]:
    """Execute what has changed, and return the executed copies in the notebooks' order.

    When all of them ran and nothing of this capture was there before (no prepared capture, no training run), the wall seconds
    of each notebook and their sum are written to results/{preset}/{capture}/book.json.

    Args:
        kernel: name of the Jupyter kernel; None is that of this environment.
        only: names of notebooks ("03_training") to execute; None is all.

    Raises:
        PresetError: an unknown preset, capture or parameter.
        BookError: a notebook failed, wrote no results, can't be read, or the kernel is unknown.
    """
    parameters = {"capture": check_capture(capture), "preset": presets.get(preset).name, "seed": check_seed(seed)}
    jobs = plan(parameters, kernel or KERNEL)
    names = [job.source.stem for job in jobs]
    for name in only or ():
        if name not in names:
            raise BookError(f"no notebook {name!r}; expected some of {', '.join(names)}.")
    is_cold = not paths.capture_dir(capture, preset, seed).exists() and not (paths.RUNS / f"{capture}-{preset}").exists()
    seconds = {}
    for place, job in enumerate(jobs, 1):
        label = f"[{place}/{len(jobs)}] {job.source.stem}"
        if only and job.source.stem not in only:
            continue
        if job.is_done():
            print(f"{label}  unchanged", flush=True)
        else:
            seconds[job.source.stem] = _execute(job, parameters, kernel or KERNEL, label)
    if is_cold and len(seconds) == len(jobs):
        times = {"notebooks": seconds, "notebooks_seconds": sum(seconds.values())}
        save_results(capture, preset, TIMES, times, seed=seed)
    return [job.executed for job in jobs if not only or job.source.stem in only]


def plan(parameters: dict, kernel: str) -> list[Job]:
    """The notebooks with their keys, in order. Raises PresetError if one does not take a parameter."""
    folder = executed_dir(parameters["capture"], parameters["preset"])
    common = [library_hash(), constraints_hash(), _manifest_hash(), kernel, parameters]
    jobs, before = [], []
    for source in chapters():
        check_takes(source, parameters)
        kept = _studies_hash(parameters["preset"]) if _reads_studies(source) else None
        key = _sha256(json.dumps([source_hash(source), *common, kept, before], sort_keys=True).encode())
        results = paths.results_file(parameters["capture"], parameters["preset"], source.stem)
        jobs.append(Job(source, folder / source.name, results, key))
        before.append(key)
    return jobs


def executed_dir(capture: str, preset: str) -> Path:
    """Where the executed copies of this capture at this preset lie."""
    return paths.EXECUTED / f"{capture}-{preset}"


def check_takes(source: Path, parameters) -> None:
    """Raise PresetError if the notebook at `source` has no parameter of one of these names."""
    import papermill

    read(source)
    try:
        takes = papermill.inspect_notebook(source)
    except ValueError as error:  # no language, hence no parameters that could be found
        raise BookError(f"{source}: its metadata name no kernel ({error}); save it once in JupyterLab.") from None
    for name in parameters:
        if name not in takes:
            expected = ", ".join(takes) or "none, for no cell is tagged 'parameters'"
            raise PresetError(f"{source}: unknown parameter {name!r}; this notebook takes {expected}.")


def source_hash(source: Path) -> str:
    """SHA-256 over what a person wrote in a notebook: its cells, their tags and metadata; neither outputs nor counters."""
    cells = [(cell.cell_type, cell.source, cell.metadata) for cell in read(source).cells]
    return _sha256(json.dumps(cells, sort_keys=True).encode())


def library_hash() -> str:
    """SHA-256 over the library's modules, templates and figure style that a notebook can depend on (see the top)."""
    around = {
        *(paths.PACKAGE / name for name in ("cli.py", "telling.py", "__main__.py")),
        *(paths.PACKAGE / "publish").glob("*.py"),
    }
    around.discard(paths.PACKAGE / "publish" / "notebook.py")
    patterns = ("**/*.py", "templates/*.json", "*.mplstyle")
    files = {file for pattern in patterns for file in paths.PACKAGE.glob(pattern)} - around
    return _files_hash(files, paths.PACKAGE)


def _manifest_hash() -> str:
    return _files_hash(paths.MANIFEST.glob("*.yaml"), paths.MANIFEST)


def _reads_studies(source: Path) -> bool:
    return any(cell.cell_type == "code" and "study.read(" in cell.source for cell in read(source).cells)


def _studies_hash(preset: str) -> str:
    """Of the cells of studies, which are measured by another command than `make book`."""
    folder = paths.RESULTS / preset
    return _files_hash(folder.glob("*/study/*/*.json"), folder)


def _files_hash(files, root: Path) -> str:
    listed = sorted((file.relative_to(root).as_posix(), _sha256(file.read_bytes())) for file in files)
    return _sha256(json.dumps(listed).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read(source: Path):
    import nbformat

    try:
        return nbformat.read(source, as_version=4)
    except (OSError, ValueError, KeyError, AttributeError, nbformat.ValidationError) as error:
        reason = " ".join(str(error).split())[:120]
        raise BookError(f"{source}: can't be read as a notebook ({reason}); expected a Jupyter notebook.") from None


def _execute(job: Job, parameters: dict, kernel: str, label: str) -> float:
    """Execute one notebook and put its copy and stamp in place. Returns wall seconds."""
    cells = len(read(job.source).cells)
    progress = Progress(label, cells, (read_json(job.stamp) or {}).get("seconds"))
    older = identity(job.results)
    start = time.monotonic()
    try:
        with _workplace(job.executed.parent) as work:
            copy = work / job.executed.name
            with _kernel_environment():
                _papermill(job, copy, parameters, kernel, progress)
            seconds = time.monotonic() - start
            if identity(job.results) in (None, older):
                raise BookError(
                    f"{job.source}: ran to its end but wrote no {job.results}; its last cell must save its results."
                )
            job.stamp.unlink(missing_ok=True)  # a crash between the next two lines must not pair the new copy with the old key
            os.replace(copy, job.executed)
            write_json(job.stamp, {"key": job.key, "results": _sha256(job.results.read_bytes()), "seconds": round(seconds, 1)})
            job.failed.unlink(missing_ok=True)
    except BaseException:
        progress.close("stopped")
        raise
    progress.close(clock(seconds))
    return seconds


@contextmanager
def _workplace(folder: Path):
    """Yields a folder within `folder` for one execution, and deletes it; also those that killed executions have left."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        with alone(folder.parent / ".running.lock"):  # who makes one holds it before another looks whether it is held
            for old in folder.glob(".running.*/"):
                with alone(old / ".lock", wait=False) as is_left:
                    if is_left:
                        shutil.rmtree(old)
            work = Path(tempfile.mkdtemp(prefix=".running.", dir=folder))
            held.enter_context(alone(work / ".lock"))
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _papermill(job: Job, copy: Path, parameters: dict, kernel: str, progress: Progress) -> None:
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import DeadKernelError

    try:
        papermill.execute_notebook(
            job.source,
            copy,
            parameters=parameters,
            kernel_name=kernel,
            cwd=job.source.parent,
            progress_bar=False,
            stdout_file=progress,
            stderr_file=progress,
            on_cell_start=progress.cell,
            extra_arguments=["--log-level=CRITICAL"],  # the kernel warns of its local connection at every start
            coalesce_streams=True,  # else every step of a training bar becomes an output of its own
        )
    except papermill.PapermillExecutionError as error:
        os.replace(copy, job.failed)
        reason = " ".join(f"{error.ename}: {error.evalue}".split())
        raise BookError(f"{job.source}: cell [{error.exec_count}] failed with {reason} (see {job.failed})") from None
    except DeadKernelError:
        if copy.is_file():
            os.replace(copy, job.failed)
        raise BookError(
            f"{job.source}: its kernel died, most often for want of memory; free some and run again (see {job.failed})."
        ) from None
    except NoSuchKernel:
        raise BookError(f"no Jupyter kernel named {kernel!r}; `jupyter kernelspec list` shows those there are.") from None


@contextmanager
def _kernel_environment():
    """The kernel inherits this process's environment: it must find the same library, build folder and results."""
    python_path = [str(paths.PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    ours = {
        "GLMK_ROOT": str(paths.ROOT),
        "GLMK_BUILD": str(paths.BUILD),
        "GLMK_RESULTS": str(paths.RESULTS),
        "PYTHONPATH": os.pathsep.join(python_path),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # the debugger's warning about frozen modules is no progress
    }
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
