"""Compiles a model by lleaves or TL2cgen, in a process that can be ended: build.py KIND LIBRARY MODEL OUTPUT."""

import sys


def main(kind, library, model, output):
    if kind.startswith("lleaves"):
        import lleaves

        compiled = lleaves.Model(model_file=model)
        blocks = {"fblocksize": compiled.num_trees()} if kind == "lleaves-alone" else {}
        compiled.compile(cache=output, raw_score=True, **blocks)
    else:
        import tl2cgen
        import treelite

        load = treelite.frontend.load_lightgbm_model if library == "LightGBM" else treelite.frontend.load_xgboost_model
        # Parts of a program: gcc does not end with thousands of trees in one.
        tl2cgen.export_lib(load(model), toolchain="gcc", libpath=output + ".so", params={"parallel_comp": 16}, nthread=1)
        import os

        os.rename(output + ".so", output)


main(*sys.argv[1:])
