// noVNC as it comes, exact size, no settings of ours: says on the page's element when it is connected.
import RFB from "./core/rfb.js";

const rfb = new RFB(document.getElementById("screen"), `ws://${location.host}/websockify`, { shared: true });
rfb.scaleViewport = false;
rfb.resizeSession = false;
rfb.addEventListener("connect", () => {
  document.documentElement.dataset.state = "connected";
  rfb.focus();
});
