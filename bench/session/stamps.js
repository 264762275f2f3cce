// Notes when things happen on the console's page, from outside of the console: it runs before the page's own script.
// `signs`: when a part of the page was first there; `clicks`: when one was first clicked. All by performance.now().
// `hops` is filled only while it is an array: what happened to each click and each picture, as [name, moment].
(() => {
  const SIGNS = {
    claimable: "[data-testid=request-claim]",
    code: "[data-testid=code]",
    askable: "[data-testid=view-ask]",
    exact: "[data-testid=viewer-state][data-state=exact]",
  };
  const stamps = { signs: {}, clicks: {}, hops: null };
  globalThis.benchStamps = stamps;
  const hop = (name) => stamps.hops?.push([name, performance.now()]);

  const look = () => {
    for (const [name, selector] of Object.entries(SIGNS)) {
      if (!(name in stamps.signs) && document.querySelector(selector)) stamps.signs[name] = performance.now();
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state", "data-testid"] });
  document.addEventListener("click", (event) => {
    const id = event.target instanceof Element ? event.target.closest("[data-testid]")?.dataset.testid : undefined;
    if (id) stamps.clicks[id] ??= performance.now();
  }, true);

  addEventListener("pointerdown", () => hop("pointer_down"), true);
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    hop("sent");
    return send.call(this, data);
  };
  const Plain = WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(...words) {
      super(...words);
      this.addEventListener("message", () => hop("received"));
    }
  };
  const { putImageData } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.putImageData = function (...words) {
    putImageData.apply(this, words);
    hop("drawn");
  };
})();
