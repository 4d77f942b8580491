"""Tests that plan, train, enlarge films, or start many processes: `make test-fast` leaves them out.

They are as much a condition as the others; `make test` and CI run them all.
"""

LONGEST = "test_browser.py"
"""The file that takes longest: two minutes, of which most are spent waiting for the browser."""

SLOW = (
    # A plan, or a profile on real engines.
    "cli/test_planning_commands.py",
    "cli/test_profile_command.py",
    "comparison",
    "planning",
    "profiling/test_modelled.py",
    "profiling/test_profiler.py",
    "profiling/test_sandwiches.py",
    "quality/test_split_quality.py",
    "splitting/test_learner.py",
    "splitting/test_pricing.py",
    "splitting/test_searches.py",
    "test_calls.py",
    # Training.
    "perceptual",
    "training",
    # Every network, captured, simulated or cut.
    "export/test_exported_networks.py",
    "networks/capture/test_captured_networks.py",
    "networks/test_brought.py",
    "networks/test_catalogue.py",
    "networks/test_detection.py",
    "networks/test_published.py",
    "networks/test_swinir.py",
    "networks/test_what_people_bring.py",
    "simulation",
    "units/test_cutting.py",
    # Many processes, a browser, films, hostile inputs.
    "cli/test_batches.py",
    "cli/test_wrong_here.py",
    "fuzz",
    "native",
    "processors/test_accelerated.py",
    "processors/test_one_engine.py",
    "processors/test_soundness.py",
    "runtime/test_choice.py",
    "runtime/test_picture_check.py",
    "runtime/test_saturating_cpu.py",
    "runtime/test_shared_use.py",
    "service",
    "cluster",
    "test_recipes.py",
    "test_skips.py",
    "test_trips.py",
    "test_tutorial.py",
    "video",
    "profiling/web",
    "web/test_apk.py",
    "web/test_browser.py",
    "web/test_page.py",
    "report/test_report_page.py",
    # Other programs' models of processors.
    "estimates/test_vela.py",
)
"""Files and folders below `tests/`."""
