"""Each peer behind one face: `name`, `compile_seconds`, `takes(batch)`, `prepare(rows, batch)` and `score()`, which gives margins."""

import ctypes
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

import lightgbm
import numpy as np
import onnxruntime
import xgboost

HERE = pathlib.Path(__file__).parent


def pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


class Drive:
    """drive.c, compiled; a size that a function takes is 64 bits wide."""

    def __init__(self, folder):
        library = folder / "drive.so"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, HERE / "drive.c"], check=True)
        self.library = ctypes.CDLL(str(library))

    def call(self, function, *arguments):
        wrap = [ctypes.c_int64(argument) if isinstance(argument, int) else argument for argument in arguments]
        if getattr(self.library, function)(*wrap):
            raise RuntimeError(f"{function} failed")


def address(library, function):
    return ctypes.cast(getattr(library, function), ctypes.c_void_p)


class Peer:
    dtype = np.float64
    compile_seconds = None

    def takes(self, batch):
        return True

    def prepare(self, rows, batch):
        self.rows = np.ascontiguousarray(rows, self.dtype)
        self.batch = batch
        self.out = np.zeros(len(rows))

    def size(self):
        return self.rows.shape


class LightGbm(Peer):
    """`LGBM_BoosterPredictForMat`; one row by `LGBM_BoosterPredictForMatSingleRowFast`."""

    name = "LightGBM"

    def __init__(self, drive, file):
        self.drive = drive
        self.library = lightgbm.basic._LIB
        self.model = lightgbm.Booster(model_file=file)
        self.fast = ctypes.c_void_p()
        error = self.library.LGBM_BoosterPredictForMatSingleRowFastInit(
            self.model._handle, 1, 0, -1, 1, self.model.num_feature(), b"num_threads=1", ctypes.byref(self.fast))
        if error:
            raise RuntimeError("no fast prediction")

    def score(self):
        count, width = self.size()
        if self.batch == 1:
            function = address(self.library, "LGBM_BoosterPredictForMatSingleRowFast")
            self.drive.call("lightgbm_row", function, self.fast, pointer(self.rows), count, width, pointer(self.out))
        else:
            function = address(self.library, "LGBM_BoosterPredictForMat")
            self.drive.call("lightgbm_rows", function, self.model._handle, pointer(self.rows), count, width, self.batch, pointer(self.out))
        return self.out


class XgboostInPlace(Peer):
    """`XGBoosterPredictFromDense`."""

    name = "XGBoost in place"
    dtype = np.float32

    def __init__(self, drive, file):
        self.drive = drive
        self.library = xgboost.core._LIB
        self.model = xgboost.Booster(model_file=file, params={"nthread": 1})

    def score(self):
        count, width = self.size()
        function = address(self.library, "XGBoosterPredictFromDense")
        self.drive.call("xgboost_inplace", function, self.model.handle, pointer(self.rows), count, width, self.batch, pointer(self.out))
        return self.out


class XgboostMatrix(XgboostInPlace):
    """`XGDMatrixCreateFromDense` and `XGBoosterPredictFromDMatrix`: fresh rows must become a matrix first."""

    name = "XGBoost DMatrix"

    def score(self):
        count, width = self.size()
        names = ("XGDMatrixCreateFromDense", "XGBoosterPredictFromDMatrix", "XGDMatrixFree")
        functions = [address(self.library, name) for name in names]
        self.drive.call("xgboost_matrix", *functions, self.model.handle, pointer(self.rows), count, width, self.batch, pointer(self.out))
        return self.out


class Onnx(Peer):
    """`InferenceSession.run`, whose own share of the time is some 4 µs a call."""

    name = "ONNX Runtime"
    dtype = np.float32

    def __init__(self, subject, folder):
        begin = time.perf_counter()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(convert(subject), options, providers=["CPUExecutionProvider"])
        self.compile_seconds = time.perf_counter() - begin
        self.output = [self.session.get_outputs()[-1].name]

    def score(self):
        run, output, batch = self.session.run, self.output, self.batch
        parts = [run(output, {"input": self.rows[row : row + batch]})[0] for row in range(0, len(self.rows), batch)]
        scores = np.concatenate(parts)
        return scores[:, -1].astype(np.float64)


def convert(subject):
    from onnxmltools.convert import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    types = [("input", FloatTensorType([None, subject.features]))]
    if subject.library == "LightGBM":
        return convert_lightgbm(lightgbm.Booster(model_file=subject.file), initial_types=types, zipmap=False).SerializeToString()
    # The converter takes no names but f0, f1, …
    model = json.loads(subject.file.read_text())
    model["learner"]["feature_names"], model["learner"]["feature_types"] = [], []
    booster = xgboost.Booster(model_file=bytearray(json.dumps(model), "utf-8"))
    return convert_xgboost(booster, initial_types=types).SerializeToString()


def children_seconds():
    """CPU time of the processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class NotBuilt(Exception):
    """A compiler did not end in its time, or failed."""


def compiled(folder, kind, subject, limit_seconds):
    """What build.py makes of a model in a process of its own, and the seconds of CPU time it took, compilers included. What was built before
    is taken from the folder, and what did not end before is not tried again for the same time."""
    file = folder / f"{subject.file.stem}.{subject.digest}.{kind}"
    made, tried = (file.with_name(f"{file.name}.{what}") for what in ("seconds", "tried"))
    if not made.exists():
        if tried.exists() and float(tried.read_text()) >= limit_seconds:
            raise NotBuilt(f"{kind} was not compiled within {float(tried.read_text()):.0f} s")
        begin = children_seconds()
        command = [sys.executable, HERE / "build.py", kind, subject.library, subject.file, file, subject.training_rows(folder)]
        builder = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            _, said = builder.communicate(timeout=limit_seconds)
        except subprocess.TimeoutExpired:
            # With the compilers that it started.
            os.killpg(builder.pid, signal.SIGKILL)
            builder.communicate()
            tried.write_text(str(limit_seconds))
            raise NotBuilt(f"{kind} was not compiled within {limit_seconds} s") from None
        if builder.returncode:
            raise NotBuilt(f"{kind} was not compiled: {said.strip().splitlines()[-1:]}")
        made.write_text(str(children_seconds() - begin))
    return file, float(made.read_text())


class Lleaves(Peer):
    """The compiled function, in blocks of trees as it chooses them; one row without blocks where that was compiled, as its documentation
    advises."""

    name = "lleaves"
    KINDS = ("lleaves", "lleaves-alone")

    def __init__(self, drive, subject, folder, limit_seconds):
        import lleaves

        self.drive = drive
        file, self.compile_seconds = compiled(folder, "lleaves", subject, limit_seconds)
        try:
            alone, _ = compiled(folder, "lleaves-alone", subject, limit_seconds)
        except NotBuilt as reason:
            print(f"{subject.name}: one row by lleaves in blocks, for {reason}")
            alone = file
        self.models = []
        for cache in (file, alone):
            model = lleaves.Model(model_file=str(subject.file))
            model.compile(cache=str(cache), raw_score=True)
            self.models.append(model)

    def score(self):
        count, width = self.size()
        function = ctypes.cast(self.models[self.batch == 1]._c_entry_func, ctypes.c_void_p)
        self.drive.call("lleaves", function, pointer(self.rows), count, width, self.batch, pointer(self.out))
        return self.out


class Tl2cgen(Peer):
    """The generated function, row by row."""

    KINDS = ("tl2cgen", "tl2cgen-annotated", "tl2cgen-quantized")

    def __init__(self, kind, drive, subject, folder, limit_seconds):
        self.name = kind.replace("tl2cgen", "TL2cgen").replace("-", ", ")
        self.drive = drive
        file, self.compile_seconds = compiled(folder, kind, subject, limit_seconds)
        self.library = ctypes.CDLL(str(file))
        self.library.get_threshold_type.restype = ctypes.c_char_p
        self.wide = self.library.get_threshold_type() == b"float64"
        self.dtype = np.float64 if self.wide else np.float32

    def score(self):
        count, width = self.size()
        function = "tl2cgen64" if self.wide else "tl2cgen32"
        self.drive.call(function, address(self.library, "predict"), pointer(self.rows), count, width, pointer(self.out))
        return self.out


class Scoregate(Peer):
    """scoregate.rs, in a process of its own."""

    name = "scoregate"

    def __init__(self, program, subject, folder):
        self.folder = folder
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        answer = [float(word) for word in self.tell(f"model {subject.file}").split()]
        self.compile_ms, self.engine_ms, self.configure_ms, self.bytes, number_bytes = answer
        self.compile_seconds = (self.compile_ms + self.engine_ms) / 1000
        self.dtype = np.dtype(f"<f{int(number_bytes)}")

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def prepare(self, rows, batch):
        file = self.folder / f"rows.{self.process.pid}"
        np.ascontiguousarray(rows, self.dtype).tofile(file)
        self.tell(f"rows {file} {batch}")
        file.unlink()

    def score(self):
        self.tell("go")

    def answers(self):
        file = self.folder / f"answers.{self.process.pid}"
        self.tell(f"answers {file}")
        answers = np.fromfile(file, self.dtype).astype(np.float64)
        file.unlink()
        return answers

    def clock(self):
        """The process's own CPU clock: clock_getcpuclockid(3) in Linux's numbering."""
        return ~self.process.pid << 3 | 2

    def close(self):
        self.process.stdin.close()
        self.process.wait()
