package invariant

import "strings"

// partNames are the fixed names of message parts in \SMTP\. Q115493, Q108375,
// Q129713, Q129239
var partNames = [...]string{
	"FROM_NC.API", "TO_NC.API", "API_OUT.TMP", "OUTBAD.API",
	"SMTP_IN.ENV", "SMTP_IN.822", "SMTP_OUT.822", "SMTP_OUT.TXT",
}

// notAPart is the number of every other file.
const notAPart = -1

// inSMTP returns the name behind `M:\SMTP\`, or "".
func inSMTP(object string) string {
	if len(object) > 8 && object[7] == '\\' && object[2] == '\\' && object[1] == ':' &&
		object[3]|0x20 == 's' && object[4]|0x20 == 'm' && object[5]|0x20 == 't' && object[6]|0x20 == 'p' {
		return object[8:]
	}
	return ""
}

// partOf returns the number of a message part by its name in \SMTP\. The
// emulator gives names in upper case; traces of others may not.
func partOf(name string) int {
	switch name {
	case "FROM_NC.API":
		return 0
	case "TO_NC.API":
		return 1
	case "API_OUT.TMP":
		return 2
	case "OUTBAD.API":
		return 3
	case "SMTP_IN.ENV":
		return 4
	case "SMTP_IN.822":
		return 5
	case "SMTP_OUT.822":
		return 6
	case "SMTP_OUT.TXT":
		return 7
	}
	for i := range partNames {
		if strings.EqualFold(name, partNames[i]) {
			return i
		}
	}
	return notAPart
}

// isFurtherPart reports whether a name is a SMTP_IN.* or SMTP_OUT.* that
// partNames does not have: \SMTP\SMTP*.* are all temporaries. Q98159
func isFurtherPart(name string) bool {
	var ext string
	switch {
	case len(name) > 8 && strings.EqualFold(name[:8], "SMTP_IN."):
		ext = name[8:]
	case len(name) > 9 && strings.EqualFold(name[:9], "SMTP_OUT."):
		ext = name[9:]
	}
	return ext != "" && len(ext) <= 3 && !strings.ContainsAny(ext, `*?\/.`)
}
