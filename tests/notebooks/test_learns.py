"""What the chapter on training claims at any scale, held at preset smoke."""

from glmk_lib.publish.notebook import load_results


def test_training_at_smoke_halves_the_static_templates_error_on_held_out_unmarked_frames(executed):
    measured = load_results("studio_face", "smoke", "03_training")
    assert measured["ours"]["mean_px"] <= measured["static"]["mean_px"] / 2
