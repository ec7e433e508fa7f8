// A Z-Wave network for Home Assistant's own zwave_js: simulated stick and nodes below the real driver and server.
//
//   node zwave.mjs SERVER_PORT CONTROL_PORT CACHE_FOLDER
//
// The control port is the physical side: GET / tells every plug's state; POST /NODE {"on": true} presses its
// button, {"load": 350} plugs another appliance in (W), {"deaf": true} takes it off the air.
import { createServer } from "node:http";
import { MeterCCReport, BinarySwitchCCReport, BinarySwitchCCSet, RateType } from "@zwave-js/cc";
import { CommandClasses } from "@zwave-js/core";
import { ZwavejsServer } from "@zwave-js/server";
import { ccCaps, createMockZWaveRequestFrame, MockController, MockNode } from "@zwave-js/testing";
import {
	createAndStartDriverWithMockPort,
	createDefaultMockControllerBehaviors,
	createDefaultMockNodeBehaviors,
} from "zwave-js/Testing";

const [serverPort, controlPort, cacheDir] = process.argv.slice(2);
const ELECTRIC = 1;
const KWH = 0;
const WATT = 2;
const RELAY = "BinarySwitch_currentValue"; // where the stock behaviours keep the relay
const WEAR_IN_MS = 100; // a plug measures its load a moment after it has switched

/** An Aeotec Smart Switch 7 with an appliance behind it. */
class Plug {
	constructor(id, load) {
		this.id = id;
		this.load = load;
		this.energy = 0;
		this.since = Date.now();
		this.commands = 0;
	}

	get on() {
		return this.node.state.get(RELAY) ?? false;
	}

	get power() {
		return this.on ? this.load : 0;
	}

	/** Whether it is on the air. */
	get heard() {
		return this.node.autoAckControllerFrames;
	}

	/** Book the energy up to now, before anything changes. */
	settle() {
		const now = Date.now();
		this.energy += (this.power * (now - this.since)) / 3.6e9;
		this.since = now;
	}

	read(scale) {
		this.settle();
		return Number((scale === WATT ? this.power : this.energy).toFixed(3));
	}

	async report() {
		const nodeId = this.node.controller.ownNodeId;
		const send = (cc) => this.node.sendToController(createMockZWaveRequestFrame(cc, { ackRequested: false }));
		await send(new BinarySwitchCCReport({ nodeId, currentValue: this.on }));
		for (const scale of [WATT, KWH]) {
			const value = this.read(scale);
			await send(new MeterCCReport({ nodeId, type: ELECTRIC, rateType: RateType.Consumed, scale, value, deltaTime: 0 }));
		}
	}

	/** Somebody does something to it. */
	async touch({ on, load, deaf }) {
		this.settle();
		if (load !== undefined) this.load = load;
		if (deaf !== undefined) this.node.autoAckControllerFrames = !deaf;
		if (on !== undefined) this.node.state.set(RELAY, on);
		if (this.heard) await this.report();
	}

	async join(controller) {
		this.node = await MockNode.create({
			id: this.id,
			controller,
			capabilities: {
				manufacturerId: 0x0371,
				productType: 0x0103,
				productId: 0x0017,
				firmwareVersion: "1.1",
				genericDeviceClass: 0x10,
				specificDeviceClass: 0x01,
				commandClasses: [
					{ ccId: CommandClasses["Z-Wave Plus Info"], version: 2 },
					{ ccId: CommandClasses.Version, version: 3 },
					{ ccId: CommandClasses["Manufacturer Specific"], version: 2 },
					ccCaps({ ccId: CommandClasses["Binary Switch"], version: 2, defaultValue: false }),
					ccCaps({
						ccId: CommandClasses.Meter,
						version: 5,
						meterType: ELECTRIC,
						supportedScales: [KWH, WATT],
						supportedRateTypes: [RateType.Consumed],
						supportsReset: true,
						getValue: (scale) => this.read(scale),
						onReset: () => {
							this.energy = 0;
						},
					}),
				],
			},
		});
		const own = {
			handleCC: (_controller, _self, cc) => {
				if (!this.heard) return { action: "stop" };
				if (cc instanceof BinarySwitchCCSet) {
					this.settle();
					this.commands += 1;
					setTimeout(() => void this.report(), WEAR_IN_MS);
				}
				return undefined; // the stock behaviour does the rest
			},
		};
		this.node.defineBehavior(own, ...createDefaultMockNodeBehaviors());
		controller.addNode(this.node);
	}

	toJSON() {
		this.settle();
		return { on: this.on, power: this.power, energy: this.energy, commands: this.commands };
	}
}

const plugs = new Map([new Plug(2, 1200), new Plug(3, 800)].map((plug) => [plug.id, plug]));

const { driver, mockPort, serial, continueStartup } = await createAndStartDriverWithMockPort({
	storage: { cacheDir, throttle: "fast" },
	emitValueUpdateAfterSetValue: true,
	logConfig: { enabled: true, level: "warn", forceConsole: true, showLogo: false },
	// Any keys: without them the driver would call the network insecure.
	securityKeys: {
		S0_Legacy: Buffer.alloc(16, 1),
		S2_Unauthenticated: Buffer.alloc(16, 2),
		S2_Authenticated: Buffer.alloc(16, 3),
		S2_AccessControl: Buffer.alloc(16, 4),
	},
});
const controller = await MockController.create({ homeId: 0x7e570001, ownNodeId: 1, mockPort, serial });
controller.defineBehavior(...createDefaultMockControllerBehaviors());
for (const plug of plugs.values()) await plug.join(controller);

driver.on("error", (error) => console.error("driver:", error));
driver.once("driver ready", async () => {
	const server = new ZwavejsServer(driver, { port: Number(serverPort), host: "127.0.0.1" });
	await server.start(true);
	createServer(async (request, response) => {
		let body = "";
		for await (const chunk of request) body += chunk;
		if (request.method === "POST") await plugs.get(Number(request.url.slice(1))).touch(JSON.parse(body));
		response.setHeader("Content-Type", "application/json");
		response.end(JSON.stringify(Object.fromEntries(plugs)));
	}).listen(Number(controlPort), "127.0.0.1", () => console.log("ready"));
});
continueStartup();
