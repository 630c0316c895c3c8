// The sentences of gaps: how instants, devices and faults are said in Chinese and English.
import type { FaultCode } from '#contract/fault-code.ts';
import type { ZoneKind } from '#contract/primitives.ts';
import type { Text } from '#contract/text.ts';

/** The programme's own words for its zones. */
export const zoneNames: Record<ZoneKind, Text> = {
  dining: { zh: '就餐区', en: 'dining zone' },
  cooking: { zh: '制餐区', en: 'cooking zone' },
  cleaning: { zh: '清洁区', en: 'cleaning zone' },
};

const localTime = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' });

/** `2026-11-23 14:02:33`, the time in the canteen. */
export function inChina(milliseconds: number): string {
  return localTime.format(milliseconds);
}

/** `2026-11-23`, the day in the canteen. */
export function dayInChina(milliseconds: number): string {
  return inChina(milliseconds).slice(0, 10);
}

/** What a fault means for whoever reads the gap, and what to do about it. */
export function faultWording(code: FaultCode | undefined): { cause: Text; fix: Text } {
  return code === undefined ? unexplained : faults[code];
}

const checkNetwork: Text = { zh: '检查设备供电、网线和交换机端口', en: 'Check power, cable and switch port of the device' };
const checkDevice: Text = {
  zh: '在设备网页上核对配置，必要时重启或升级固件',
  en: 'Check the settings on the device’s own page; restart it or update its firmware if need be',
};
const checkPassword: Text = {
  zh: '在网关配置中改正该设备的账号密码；改正前网关不再尝试，以免锁定账号',
  en: 'Correct the account of this device in the gateway’s settings; until then the gateway tries no more, so as not to lock it',
};

const unexplained = {
  cause: { zh: '尚未取得结果', en: 'No result yet' },
  fix: { zh: '等待网关完成检查', en: 'Wait for the gateway to finish looking' },
};

const faults: Record<FaultCode, { cause: Text; fix: Text }> = {
  'no-answer': { cause: { zh: '设备无应答', en: 'The device does not answer' }, fix: checkNetwork },
  refused: { cause: { zh: '设备拒绝连接', en: 'The device refuses the connection' }, fix: checkNetwork },
  unreachable: { cause: { zh: '网络不可达', en: 'The network has no way to the device' }, fix: checkNetwork },
  'too-slow': { cause: { zh: '设备应答过慢', en: 'The device answers too slowly' }, fix: checkDevice },
  'too-large': { cause: { zh: '设备应答超出长度上限', en: 'The device’s answer is longer than allowed' }, fix: checkDevice },
  truncated: { cause: { zh: '设备应答中断', en: 'The device’s answer breaks off' }, fix: checkDevice },
  malformed: { cause: { zh: '设备应答不符合协议', en: 'The device’s answer is not what the protocol allows' }, fix: checkDevice },
  redirected: {
    cause: { zh: '设备要求转到其他地址，网关不跟随', en: 'The device redirects elsewhere, which is not followed' },
    fix: checkDevice,
  },
  'http-error': { cause: { zh: '设备返回HTTP错误', en: 'The device answers with an HTTP error' }, fix: checkDevice },
  'soap-fault': { cause: { zh: '设备返回ONVIF错误', en: 'The device answers with an ONVIF fault' }, fix: checkDevice },
  'credentials-refused': { cause: { zh: '设备账号或密码错误', en: 'The device refuses user name or password' }, fix: checkPassword },
  locked: { cause: { zh: '设备账号已被锁定', en: 'The account on the device is locked' }, fix: checkPassword },
  busy: {
    cause: { zh: '设备会话已满', en: 'The device has no session left' },
    fix: { zh: '关闭其他客户端的连接', en: 'Close connections of other clients' },
  },
  'not-supported': { cause: { zh: '设备不支持所需的ONVIF服务', en: 'The device lacks the ONVIF service needed' }, fix: checkDevice },
  'wrong-device': {
    cause: { zh: '该地址上是另一台设备', en: 'Another device answers at this address' },
    fix: { zh: '核对设备序列号与地址', en: 'Compare serial number and address' },
  },
  certificate: {
    cause: { zh: '设备的TLS证书与登记的不符', en: 'The device’s TLS certificate is not the registered one' },
    fix: { zh: '核对设备证书后重新登记', en: 'Check the certificate on the device and register it anew' },
  },
  'device-unreachable': { cause: { zh: '设备离线，未能检查', en: 'The device is offline and could not be looked at' }, fix: checkNetwork },
  'no-stream': { cause: { zh: '设备未提供视频流', en: 'The device gives no stream' }, fix: checkDevice },
  'does-not-decode': { cause: { zh: '视频流无法解码', en: 'The stream cannot be decoded' }, fix: checkDevice },
  undated: {
    cause: {
      zh: '录像能回放，但录像机未注明画面时刻，画面上也读不出时间',
      en: 'Footage plays, and nothing says of when: no time from the recorder, no clock in the picture',
    },
    fix: {
      zh: '在摄像头上打开画面时间显示（OSD），字要清楚、不被遮挡',
      en: 'Have the camera write the time into its picture (OSD), large and free of other writing',
    },
  },
  stalled: { cause: { zh: '视频流已打开但没有数据', en: 'The stream opens but nothing comes' }, fix: checkDevice },
  black: {
    cause: { zh: '画面全黑', en: 'The picture is black' },
    fix: { zh: '检查镜头是否被遮挡、现场照明和红外补光', en: 'Check for a covered lens, the lights and the infrared lamp' },
  },
  tampered: {
    cause: { zh: '摄像头报告被遮挡、移动、失焦或断信号', en: 'The camera reports that it was covered, turned, blurred or cut off' },
    fix: {
      zh: '到现场检查镜头和朝向，复位后等待摄像头解除报警',
      en: 'Look at the camera on site, put it right and wait until it calls its alarm off',
    },
  },
  covered: {
    cause: { zh: '镜头被遮挡、起雾或强光直射', en: 'Something stands before the lens, or it is fogged or dazzled' },
    fix: { zh: '移开遮挡物，清洁镜头，避开强光', en: 'Take away what hides the view, clean the lens, keep strong light out of it' },
  },
  frozen: {
    cause: { zh: '画面定格：码流正常，画面内容不变', en: 'The picture stands still although the stream goes on' },
    fix: { zh: '重启摄像头；若再次发生，升级固件或更换', en: 'Restart the camera; if it happens again, update its firmware or replace it' },
  },
  moved: {
    cause: { zh: '摄像头朝向与验收时不同', en: 'The camera no longer points where it was commissioned to' },
    fix: {
      zh: '把摄像头调回原位；确需改变朝向的，由负责人重新设定基准画面',
      en: 'Turn the camera back; where the new view is meant, have a new reference picture set and signed for',
    },
  },
  blurred: {
    cause: { zh: '画面模糊：失焦或镜头有油污', en: 'The picture is blurred: out of focus, or grease on the lens' },
    fix: { zh: '清洁镜头并重新对焦', en: 'Clean the lens and focus it anew' },
  },
  'colour-cast': {
    cause: { zh: '画面严重偏色', en: 'The colours of the picture are wrong' },
    fix: { zh: '检查白平衡和红外滤光片', en: 'Check the white balance and the infrared filter' },
  },
  closed: {
    cause: { zh: '非营业时间，画面黑暗，暂不判断', en: 'Dark outside the opening hours, not judged' },
    fix: { zh: '无需处理，营业后自动检查', en: 'Nothing to do; it is looked at again when the canteen opens' },
  },
  'no-recordings': {
    cause: { zh: '录像机上没有录像', en: 'The recorder keeps nothing' },
    fix: { zh: '在录像机上启用全天录像并检查硬盘', en: 'Switch on continuous recording and check the disks' },
  },
  'disk-fault': {
    cause: { zh: '录像机硬盘故障', en: 'A disk of the recorder is broken' },
    fix: { zh: '更换故障硬盘，并核对录像是否完整', en: 'Replace the disk, and see what footage was lost with it' },
  },
  'disk-too-small': {
    cause: { zh: '硬盘容量不足以保存设定的天数', en: 'The disk has no room for the days that are to be kept' },
    fix: { zh: '扩充硬盘，或降低码率', en: 'Add disk, or lower the bit rate' },
  },
  incomplete: { cause: { zh: '录像机的应答不完整', en: 'The recorder’s answer is incomplete' }, fix: checkDevice },
  internal: {
    cause: { zh: '网关自身故障', en: 'A fault of the gateway itself' },
    fix: { zh: '查看网关日志并联系维护人员', en: 'Read the gateway’s log and call its maintainer' },
  },
};
