"""Data, hard rows and files of every family.

FAMILY.NAME.onnx is the model; FAMILY.NAME.cases.json its inputs, what onnxruntime answers to them and what the library that trained it does.
Tensors have the Open Inference Protocol's datatypes; numbers are the little-endian bytes in hexadecimal (`data_hex`), strings a list (`data`).

- `inputs`: one tensor each. Rows from `corners` on hold NaN, infinities and greatest numbers; `rows` is null where a model does not answer row by row.
- `refused`: how many more rows were tried, which onnxruntime refuses.
- `outputs`: onnxruntime's answers to all rows at once, by one thread. A sequence of maps is the tensor behind it, its keys in `zipmap`; of a sequence of
  tensors each has its place after a dot.
- `alone`: outputs of which onnxruntime answers some row otherwise if it is asked for that row alone, and those answers.
- `unoptimised`: outputs that differ without onnxruntime's rewriting of the graph, and by how many units in the last place at most.
- `native`: what the library itself says to the first `shape[0]` rows, and how far onnxruntime's `output`, or a `column` of it, is from it
  at most; `ordinary_` is of the first half of them, in which nothing hard is planted; `other_shape` where
  the converter's output is not of the library's shape.

FAMILY.failures.tsv lists what the converter or onnxruntime itself refuses: name, estimator, variant, who refuses, and the message's first line.
"""

import json
import pathlib
import re
import warnings
import zlib

import numpy as np
import onnx
import onnxruntime as ort
import sklearn

from rows import hard_rows

HERE = pathlib.Path(__file__).parent
DATATYPES = {"float32": "FP32", "float64": "FP64", "float16": "FP16", "int64": "INT64", "int32": "INT32", "int16": "INT16", "int8": "INT8", "uint64": "UINT64", "uint32": "UINT32", "uint16": "UINT16", "uint8": "UINT8", "bool": "BOOL"}
warnings.filterwarnings("ignore")
ort.set_default_logger_severity(4)


def tensor(name, values):
    values = np.asarray(values)
    head = {"name": name, "shape": list(values.shape)}
    if values.dtype.kind in "OUS":
        return {**head, "datatype": "BYTES", "data": [str(value) for value in values.ravel()]}
    little = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"))
    return {**head, "datatype": DATATYPES[values.dtype.name], "data_hex": little.tobytes().hex()}


def same(left, right):
    """Bit for bit, where every NaN is the same."""
    left, right = np.asarray(left), np.asarray(right)
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    if left.dtype.kind != "f":
        return bool(np.array_equal(left, right))
    known = ~(np.isnan(left) & np.isnan(right))
    return left[known].tobytes() == right[known].tobytes()


def ulps(left, right):
    bits = {2: np.int16, 4: np.int32, 8: np.int64}[left.dtype.itemsize]

    def ordered(values):
        whole = np.ascontiguousarray(values).view(bits).astype(object)
        return np.where(whole < 0, int(np.iinfo(bits).min) - whole, whole)

    if left.shape != right.shape:
        return None
    known = ~(np.isnan(left) & np.isnan(right))
    return int(max(np.abs(ordered(left) - ordered(right))[known], default=0)) if known.any() else 0


def session(model, optimised=True):
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    if not optimised:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def answers(running, inputs, labels=()):
    """Outputs by name: the tensor, and the keys of a sequence of maps, in the order of the classes' `labels`."""
    given = {name: values.astype(str).astype(object) if values.dtype.kind in "OU" else values for name, values in inputs.items()}
    found = {}
    for output, value in zip(running.get_outputs(), running.run(None, given)):
        keys = None
        if isinstance(value, list) and isinstance(value[0], np.ndarray):
            for place, element in enumerate(value):
                found[f"{output.name}.{place}"] = (element, None)
            continue
        if isinstance(value, list):
            keys = sorted(value[0], key=labels.index if labels else None)
            value = np.array([[row[key] for key in keys] for row in value], np.float32)
        found[output.name] = (value, keys)
    return found


def numbered(graph, known):
    """Names hold addresses in memory, which differ from run to run; they are counted instead."""
    count = lambda name: re.sub(r"\d{12,}", lambda found: str(known.setdefault(found.group(), len(known))), name)
    for value in [*graph.input, *graph.output, *graph.value_info, *graph.initializer]:
        value.name = count(value.name)
    for node in graph.node:
        node.name = count(node.name)
        node.input[:] = [count(name) for name in node.input]
        node.output[:] = [count(name) for name in node.output]
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                numbered(attribute.g, known)


def stripped(model, name):
    """The same model without what changes from run to run."""
    numbered(model.graph, {})
    model.producer_version = model.doc_string = model.domain = ""
    model.graph.name = name
    model.graph.doc_string = ""
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
    return model.SerializeToString(deterministic=True)


def differences(ours, theirs):
    """How far onnxruntime is from the library, where both are numbers; else how many answers differ."""
    if ours.dtype.kind != "f" or theirs.dtype.kind not in "fiub":
        differ = [str(left) != str(right) for left, right in zip(ours.ravel(), theirs.ravel())]
        return {"differ": sum(differ)}
    ours, theirs = ours.astype(np.float64).ravel(), theirs.astype(np.float64).ravel()
    away = np.abs(ours - theirs)
    away[(ours == theirs) | (np.isnan(ours) & np.isnan(theirs))] = 0
    away[np.isnan(away)] = np.inf
    relative = away / np.maximum(np.abs(theirs), np.finfo(np.float32).tiny)
    return {"max_difference": float(max(away, default=0)), "max_relative": float(max(relative, default=0))}


def takes_zipmap(model):
    """Whether the converter has the option; the classifiers that give no probabilities have not."""
    from skl2onnx._supported_operators import _get_sklearn_operator_name
    from skl2onnx.common._registration import _converter_pool

    return "zipmap" in (_converter_pool[_get_sklearn_operator_name(type(model))].get_allowed_options() or [])


def whole(key, value, *more, made=onnx.helper.make_attribute, **others):
    """Protobuf's present release takes no booleans for whole numbers, which skl2onnx gives for the trees of HistGradientBoosting."""
    if isinstance(value, list) and any(isinstance(one, (bool, np.bool_)) for one in value):
        value = [int(one) for one in value]
    return made(key, value, *more, **others)


onnx.helper.make_attribute = whole


def converted(model, sample, types, options, opset):
    """By the newest opsets, or by older ones where only those give a model that onnxruntime loads."""
    from skl2onnx import to_onnx

    first = None
    for asked in [opset] if opset else [None, {"": 18, "ai.onnx.ml": 3}, {"": 15, "ai.onnx.ml": 1}]:
        try:
            onx = to_onnx(model, sample, initial_types=types, options=options, target_opset=asked)
            session(onx.SerializeToString())
            return onx
        except Exception as error:
            first = first or error
    raise first


def finite(value):
    return value if not isinstance(value, float) or np.isfinite(value) else str(value)


class Zoo:
    """What one family trained."""

    def __init__(self, family):
        self.family, self.names, self.failures = family, [], []
        for old in HERE.glob(f"{family}.*"):
            old.unlink()

    @staticmethod
    def labels(model):
        """The classes of the node that makes maps, which onnxruntime gives sorted."""
        for node in model.graph.node:
            if node.op_type == "ZipMap":
                attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
                texts = [text.decode() for text in attributes.get("classlabels_strings", [])]
                return texts or list(attributes["classlabels_int64s"])
        return ()

    def fail(self, name, estimator, variant, who, error):
        line = (str(error).strip().splitlines() or [type(error).__name__])[0][:260].replace("\t", " ")
        self.failures.append("\t".join([f"{self.family}.{name}", estimator, variant, who, line]) + "\n")

    def add(self, name, model, inputs, *, estimator, library, variant="", natives=(), rows=None, corners=None):
        """`inputs` are arrays by name; `natives` (what, output's place, answers)."""
        full = f"{self.family}.{name}"
        assert full not in self.names, full
        labels = self.labels(model)
        model = stripped(model, full)
        try:
            running = session(model)
            inputs, natives, kept, refused = self.answered(running, inputs, natives, rows)
            if refused:
                rows, corners = len(kept), sum(row < corners for row in kept)
            found = answers(running, inputs, labels)
        except Exception as error:
            self.fail(name, estimator, variant, "onnxruntime", error)
            return
        plain = answers(session(model, optimised=False), inputs, labels)
        alone = []
        for output, value in self.one_by_one(running, inputs, rows, found, labels).items():
            if not same(value, found[output][0]):
                alone.append(tensor(output, value))
        unoptimised = {output: ulps(value, plain[output][0]) for output, (value, _) in found.items() if value.dtype.kind == "f" and not same(value, plain[output][0])}
        case = {
            "library": library, "estimator": estimator, "variant": variant,
            "opsets": {entry.domain: entry.version for entry in onnx.load_from_string(model).opset_import},
            "rows": rows, "corners": corners if corners is not None else rows, "refused": refused,
            "inputs": [tensor(key, value) for key, value in inputs.items()],
            "outputs": [{**tensor(key, value), **({"zipmap": keys} if keys else {})} for key, (value, keys) in found.items()],
            "alone": alone, "unoptimised": unoptimised, "native": self.native(natives, found),
        }
        (HERE / f"{full}.onnx").write_bytes(model)
        lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in case.items()]
        (HERE / f"{full}.cases.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        self.names.append(full)

    @staticmethod
    def answered(running, inputs, natives, rows):
        """Leaves out rows that onnxruntime refuses; also says which are kept, and how many are not."""
        try:
            answers(running, inputs)
            return inputs, natives, [], 0
        except Exception:
            if not rows:
                raise
        kept = []
        for row in range(rows):
            try:
                answers(running, {key: value[row : row + 1] for key, value in inputs.items()})
                kept.append(row)
            except Exception as error:
                last = error
        if len(kept) < 8:
            raise last
        natives = [(what, place, theirs[[row for row in kept if row < len(theirs)]]) for what, place, theirs in natives]
        return {key: value[kept] for key, value in inputs.items()}, natives, kept, rows - len(kept)

    def native(self, natives, found):
        written = []
        for what, place, theirs in natives:
            output = list(found)[place]
            theirs = np.asarray(theirs)
            ours = found[output][0][: len(theirs)]
            column = {}
            if theirs.ndim == 1 and ours.shape == (len(theirs), 2):
                # The library scores the second of two classes.
                ours, column = ours[:, 1], {"column": 1}
            far = {"other_shape": True}
            if theirs.size == ours.size:
                half = len(theirs) // 2
                far = differences(ours, theirs) | {f"ordinary_{key}": value for key, value in differences(ours[:half], theirs[:half]).items()}
                far = {key: finite(value) for key, value in far.items()}
            written.append({"what": what, "output": output, **column, **far, **{key: value for key, value in tensor("", theirs).items() if key != "name"}})
        return written

    def one_by_one(self, running, inputs, rows, found, labels):
        if not rows or any(len(values) != rows for values in inputs.values()):
            return {}
        alone = [answers(running, {key: value[row : row + 1] for key, value in inputs.items()}, labels) for row in range(rows)]
        by_row = [output for output, (value, _) in found.items() if value.ndim and len(value) == rows and len(alone[0][output][0]) == 1]
        return {output: np.concatenate([row[output][0] for row in alone]) for output in by_row}

    def sklearn(self, name, model, base, *, variant="", options=None, opset=None, native=None, types=None, odd=True, missing=False, what=None, prepared=None, unseen=(), count=24):
        """Converts a fitted scikit-learn object and adds it. `native` names what each output is, None where nothing is; `base` holds rows it was
        fitted to. The object itself is not asked about rows that only onnxruntime takes."""
        estimator = what or type(model).__name__
        if options and not takes_zipmap(model):
            options = {key: value for key, value in options.items() if key != "zipmap"}
            variant = variant.replace(", no zipmap", "")
        try:
            onx = converted(model, base[:1] if types is None else None, types, {id(model): options} if options else None, opset)
        except Exception as error:
            self.fail(name, estimator, variant, "onnxruntime" if "ONNXRuntimeError" in str(error) else "skl2onnx", error)
            return
        table, corners = hard_rows(zlib.crc32(f"{self.family}.{name}".encode()), base, onx, odd, missing, unseen, count)
        natives = []
        for place, asked in enumerate(native if native is not None else self.asks(model, options or {})):
            if asked is None:
                continue
            label, call = (asked, getattr(model, asked)) if isinstance(asked, str) else asked
            given = call(prepared(table[:corners]) if prepared else table[:corners])
            given = given.toarray() if hasattr(given, "toarray") else given
            natives.append((label, place, np.array(given)))
        if hasattr(table, "columns"):
            inputs = {key: table[key].to_numpy().reshape(-1, 1) for key in table.columns}
        else:
            inputs = {onx.graph.input[0].name: table}
        self.add(name, onx, inputs, estimator=estimator, library=f"scikit-learn {sklearn.__version__}", variant=variant, natives=natives, rows=len(table), corners=corners)

    def refused(self, name, onx, estimator, variant):
        """A model that has no cases, for what it takes or gives is no tensor."""
        full = f"{self.family}.{name}"
        (HERE / f"{full}.onnx").write_bytes(stripped(onx, full))
        (HERE / f"{full}.cases.json").write_text(json.dumps({"estimator": estimator, "variant": variant, "refused_whole": True}) + "\n")
        self.names.append(full)

    @staticmethod
    def asks(model, options):
        if hasattr(model, "transform") and not hasattr(model, "predict"):
            return ["transform"]
        scores = "predict_proba" if hasattr(model, "predict_proba") and not options.get("raw_scores") else "decision_function"
        if sklearn.base.is_classifier(model):
            return ["predict", scores if hasattr(model, scores) else None]
        if sklearn.base.is_outlier_detector(model):
            return ["predict", "decision_function"]
        if sklearn.base.is_clusterer(model):
            return ["predict", "transform"]
        return ["predict"]

    def finish(self):
        if self.failures:
            (HERE / f"{self.family}.failures.tsv").write_text("".join(self.failures), encoding="utf-8")
