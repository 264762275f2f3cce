// Sits down at the demo's PC at once, scaled to the tab, and comes back by itself when the demo is restarted.
import RFB from "./core/rfb.js";

const AGAIN_AFTER_MS = 1000;
const screen = document.getElementById("screen");
const state = document.getElementById("state");

function sitDown() {
  const rfb = new RFB(screen, `ws://${location.host}/websockify`, { shared: true });
  rfb.scaleViewport = true;
  rfb.resizeSession = false;
  rfb.focusOnClick = true;
  rfb.qualityLevel = 9;
  rfb.background = "#1b1f24";
  rfb.addEventListener("connect", () => {
    state.hidden = true;
    rfb.focus();
  });
  rfb.addEventListener("disconnect", () => {
    state.textContent = "the lab's PC is off; waiting for it …";
    state.hidden = false;
    setTimeout(sitDown, AGAIN_AFTER_MS);
  });
}

sitDown();
