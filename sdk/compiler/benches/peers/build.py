"""Compiles a model by lleaves or TL2cgen, in a process that can be ended: build.py KIND LIBRARY MODEL OUTPUT [TRAINING_ROWS].

Settings are those that the peers' own documentation names:
- lleaves (`Model.compile`): trees in blocks, as it chooses them; `lleaves-alone` without blocks, as is advised for single rows.
- TL2cgen: `parallel_comp` cuts the program into parts, for gcc takes more than twice as long for a function of twice the length;
  `tl2cgen-annotated` also tells gcc which way rows of the training go, and `tl2cgen-quantized` compares whole numbers besides
  ("Optimizing prediction function").
"""

import os
import sys

# A model of the samples' size is cut into so many parts, and a large one into parts of so many leaves.
PARTS = 16
PART_LEAVES = 600


def main(kind, library, model, output, rows=None):
    if kind.startswith("lleaves"):
        lleaves(model, output, alone=kind == "lleaves-alone")
    else:
        tl2cgen(kind, library, model, output, rows)


def lleaves(model, output, alone):
    import lleaves

    compiled = lleaves.Model(model_file=model)
    blocks = {"fblocksize": compiled.num_trees()} if alone else {}
    # Under another name first: what was broken off is not taken for whole.
    compiled.compile(cache=output + ".part", raw_score=True, **blocks)
    os.rename(output + ".part", output)


def tl2cgen(kind, library, model, output, rows):
    import numpy
    import tl2cgen
    import treelite

    load = treelite.frontend.load_lightgbm_model if library == "LightGBM" else treelite.frontend.load_xgboost_model
    trees = load(model)
    leaves = sum(int((trees.get_tree_accessor(tree).get_field("cleft") == -1).sum()) for tree in range(trees.num_tree))
    parameters = {"parallel_comp": max(PARTS, leaves // PART_LEAVES)}
    if kind != "tl2cgen":
        annotation = output + ".annotation"
        dtype = "float64" if library == "LightGBM" else "float32"
        tl2cgen.annotate_branch(trees, tl2cgen.DMatrix(numpy.load(rows).astype(dtype), dtype=dtype), path=annotation, nthread=1)
        parameters["annotate_in"] = annotation
    if kind == "tl2cgen-quantized":
        parameters["quantize"] = 1
    tl2cgen.export_lib(trees, toolchain="gcc", libpath=output + ".so", params=parameters, nthread=1)
    os.rename(output + ".so", output)


main(*sys.argv[1:])
