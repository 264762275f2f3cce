// node-opcua as an instrument's own OPC UA server: alarms and a LADS device that a test switches.
// Words: the folder of the package, the port, a folder for certificates and keys.
// Lines on stdin, each answered "done …":
//   raise ALARM SEVERITY TEXT…   clear ALARM   retain ALARM (inactive, not yet acknowledged)   acknowledge ALARM
//   forget ALARM (over, and nobody is told)    flood ALARM COUNT    unit STATE    device STATE    health NUMBER
//   unplug (the device is gone)   plug (it is there again)   watched COUNT (fails unless clients watch so many items)
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join } from "node:path";

const [folder, port, keys] = process.argv.slice(2);
const {
  DataType, MessageSecurityMode, nodesets, OPCUACertificateManager, OPCUAServer, SecurityPolicy,
} = createRequire(join(folder, "node_modules/"))("node-opcua");

const certificates = new OPCUACertificateManager({ rootFolder: keys, automaticallyAcceptUnknownCertificate: true });
await certificates.initialize();
const server = new OPCUAServer({
  port: Number(port), hostname: "127.0.0.1", alternateHostname: ["127.0.0.1"],
  serverCertificateManager: certificates, userCertificateManager: certificates,
  nodeset_filename: [nodesets.standard, nodesets.di, nodesets.amb, nodesets.ia, nodesets.machinery, nodesets.lads],
  securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
  securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
  allowAnonymous: true,
  userManager: { isValidUser: (name, word) => name === "watcher" && word === "only for tests" },
});
await server.initialize();

const space = server.engine.addressSpace;
const own = space.getOwnNamespace();
space.installAlarmsAndConditionsService(); // else it has no ConditionRefresh
const serverObject = space.rootFolder.objects.server;

function addAlarm(source, name) {
  const place = own.addObject({ browseName: source, organizedBy: space.rootFolder.objects, eventSourceOf: serverObject });
  const input = own.addVariable({ browseName: `${name}Input`, propertyOf: place, dataType: DataType.Boolean });
  const normal = own.addVariable({ browseName: `${name}Normal`, propertyOf: place, dataType: DataType.Boolean });
  const alarm = own.instantiateOffNormalAlarm({
    browseName: name, conditionName: name, conditionSource: place, componentOf: place, inputNode: input, normalState: normal,
  });
  alarm.setEnabledState(true);
  return alarm;
}

const alarms = {
  DoorOpen: addAlarm("Centrifuge", "DoorOpen"),
  Overheat: addAlarm("Centrifuge", "Overheat"),
  LowSheath: addAlarm("Fluidics 12345678", "LowSheath"),
};

const lads = space.getNamespaceIndex("http://opcfoundation.org/UA/LADS/");
const di = space.getNamespaceIndex("http://opcfoundation.org/UA/DI/");
const deviceSet = space.rootFolder.objects.getFolderElementByName("DeviceSet", di);
const state = (object, name) => object.getComponentByName(name, lads).getComponentByName("CurrentState");
const say = (node, text) => node.setValueFromSource({ dataType: DataType.LocalizedText, value: { locale: "en", text } });

function addDevice() {
  const device = space.findObjectType("LADSDeviceType", lads).instantiate({
    browseName: "Analyser", componentOf: deviceSet, optionals: ["DeviceHealth"],
  });
  const unit = space.findObjectType("FunctionalUnitType", lads).instantiate({
    browseName: "Pipettor", componentOf: device.getComponentByName("FunctionalUnitSet", lads),
  });
  const states = { unit: state(unit, "FunctionalUnitState"), device: state(device, "DeviceState") };
  const health = device.getComponentByName("DeviceHealth", di);
  say(states.unit, "Stopped");
  say(states.device, "Operate");
  health.setValueFromSource({ dataType: DataType.Int32, value: 0 });
  return { device, states, health };
}

let analyser = addDevice();

const orders = {
  raise(name, severity, ...text) {
    alarms[name].activateAlarm();
    alarms[name].raiseNewCondition({ severity: Number(severity), message: text.join(" "), retain: true });
  },
  clear(name) {
    alarms[name].deactivateAlarm(false);
    alarms[name].raiseNewCondition({ message: "over", retain: false });
  },
  retain(name) {
    alarms[name].deactivateAlarm(true);
    alarms[name].raiseNewCondition({ message: "waits", retain: true });
  },
  acknowledge(name) {
    alarms[name].currentBranch().setAckedState(true);
    alarms[name].raiseNewCondition({ severity: 700, retain: true });
  },
  forget(name) { alarms[name].deactivateAlarm(false); },
  flood(name, count) { for (let n = 0; n < Number(count); n += 1) orders.raise(name, 400 + (n % 300), `${n}`); },
  unit(text) { say(analyser.states.unit, text); },
  device(text) { say(analyser.states.device, text); },
  health(number) { analyser.health.setValueFromSource({ dataType: DataType.Int32, value: Number(number) }); },
  unplug() { deviceSet.removeReference({ referenceType: "HasComponent", nodeId: analyser.device.nodeId }); },
  plug() { analyser = addDevice(); },
  watched(count) {
    const found = server.engine.getSessions().reduce((sum, one) => sum + one.currentMonitoredItemCount, 0);
    if (found !== Number(count)) throw new Error(`${found} are`);
  },
};

await server.start();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [order, ...words] = line.split(" ");
  try {
    orders[order](...words);
    console.log(`done ${line}`);
  } catch (error) {
    console.log(`failed ${line}: ${error.message}`);
  }
}
process.exit(0);
