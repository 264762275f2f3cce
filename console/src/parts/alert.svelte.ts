/** A sound and a desktop notice for a new request. Off until the person turns them on; nothing asks by itself. */
import type { HelpRequest } from "../api/model";
import { t } from "./text.svelte";

const KEPT = "benchside.alerts";
let isOn = $state(localStorage.getItem(KEPT) === "on");
let mayNotify = $state(typeof Notification !== "undefined" && Notification.permission === "granted");
let sound: AudioContext | null = null;

export const alerts = {
  get isOn(): boolean { return isOn; },
  /** The browser refused desktop notices; the sound still works. */
  get isSoundOnly(): boolean { return isOn && !mayNotify; },

  /** Must be called from a press of a button, which is what browsers want before sound and question. */
  async turnOn(): Promise<void> {
    isOn = true;
    localStorage.setItem(KEPT, "on");
    await chime();
    if (typeof Notification !== "undefined" && Notification.permission === "default") mayNotify = (await Notification.requestPermission()) === "granted";
  },
  turnOff(): void {
    isOn = false;
    localStorage.setItem(KEPT, "off");
  },
};

/** Two soft tones, a fifth apart. */
async function chime(): Promise<void> {
  try {
    sound ??= new AudioContext();
    if (sound.state === "suspended") await sound.resume();
    const at = sound.currentTime;
    for (const [i, hz] of [659.3, 987.8].entries()) {
      const tone = new OscillatorNode(sound, { type: "sine", frequency: hz });
      const volume = new GainNode(sound, { gain: 0 });
      tone.connect(volume).connect(sound.destination);
      const start = at + i * 0.16;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.18, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
      tone.start(start);
      tone.stop(start + 0.55);
    }
  } catch {
    // No sound device, or the browser wants a press first: the title and the list still tell.
  }
}

export function ring(request: HelpRequest): void {
  if (!isOn) return;
  void chime();
  if (!mayNotify || document.visibilityState === "visible") return;
  // No name and no reason: a notice may show on a locked screen or a projector.
  const notice = new Notification(t("alert.title"), { body: t("alert.body", { site: request.site_name.slice(0, 80) }), tag: request.id });
  notice.onclick = () => {
    window.focus();
    notice.close();
  };
}
