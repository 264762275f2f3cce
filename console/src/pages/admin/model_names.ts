/** The models that one can choose from: those that are known, and those that a PC has said. */
import type { Device, Model } from "../../api/admin_model";

export function modelNames(models: readonly Model[], devices: readonly Device[]): { id: string; name: string }[] {
  const names = new Set([...models.map(({ model }) => model), ...devices.flatMap(({ instruments }) => instruments.map(({ model }) => model))]);
  return [...names].sort().map((name) => ({ id: name, name }));
}
