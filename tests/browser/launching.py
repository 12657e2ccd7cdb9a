"""How the tests start Chromium: without a window, and without the parts of its own face that nobody looks at.

Also without a window, Chromium draws two web pages of its own below the address line of every window, resizes them with it and lays them
out again at every navigation: a process apiece for each window a test opens, and a third of all the processor time of the browser tests.
"""

from typing import Any

from retention.testing.marks import chromium

_OWN_FACE = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup")
_AHEAD = ("SpareRendererForSitePerProcess",)  # a process for the next page of a window that is about to close
# Chromium heeds the last list it is given, so ours repeats what Playwright's says: what changes how pages behave, what asks the
# network at the start, and what shows buttons of its own.
_AS_PLAYWRIGHT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "AvoidCorsURLLoaderRestartOnRedirect", "DestroyProfileOnBrowserClose",
    "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "PaintHolding", "ThirdPartyStoragePartitioning",
    "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch", "LensOverlay", "MediaRouter",
)  # fmt: skip


def launch(playwright: Any) -> Any:
    """Start the machine's Chromium and return it as Playwright's browser."""
    off = ",".join((*_AS_PLAYWRIGHT, *_OWN_FACE, *_AHEAD))
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", f"--disable-features={off}"]
    return playwright.chromium.launch(executable_path=chromium(), args=arguments)
