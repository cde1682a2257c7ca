package dos

import "io/fs"

// Error is a DOS extended error number. Error returns the text that DOS
// itself shows for it; errors.Is matches the io/fs sentinels that mean the
// same.
type Error uint16

// The numbers of INT 21h/59h that the emulator produces.
const (
	InvalidFunction   Error = 1
	FileNotFound      Error = 2
	PathNotFound      Error = 3
	TooManyOpenFiles  Error = 4
	AccessDenied      Error = 5
	InvalidHandle     Error = 6
	NotEnoughMemory   Error = 8
	InvalidFormat     Error = 11
	InvalidData       Error = 13
	InvalidDrive      Error = 15
	CurrentDirectory  Error = 16
	NotSameDevice     Error = 17
	NoMoreFiles       Error = 18
	WriteProtect      Error = 19
	NotReady          Error = 21
	SeekError         Error = 25
	WriteFault        Error = 29
	ReadFault         Error = 30
	GeneralFailure    Error = 31
	SharingViolation  Error = 32
	LockViolation     Error = 33
	DiskFull          Error = 39
	NetworkDeviceGone Error = 55
	FileExists        Error = 80
	CannotMake        Error = 82
	FailedCritical    Error = 83 // "Fail on INT 24": a person or COMMAND /F answered Fail
	InvalidParameter  Error = 87
)

// errorTexts are sorted by number. low is the form for traces: a constant, so
// that the hot path never builds a text.
var errorTexts = []struct {
	code Error
	text string
	low  string
}{
	{InvalidFunction, "Invalid function", "invalid function"},
	{FileNotFound, "File not found", "file not found"},
	{PathNotFound, "Path not found", "path not found"},
	{TooManyOpenFiles, "Too many open files", "too many open files"},
	{AccessDenied, "Access denied", "access denied"},
	{InvalidHandle, "Invalid handle", "invalid handle"},
	{NotEnoughMemory, "Insufficient memory", "insufficient memory"},
	{InvalidFormat, "Invalid format", "invalid format"},
	{InvalidData, "Invalid data", "invalid data"},
	{InvalidDrive, "Invalid drive specification", "invalid drive specification"},
	{CurrentDirectory, "Attempt to remove current directory", "attempt to remove current directory"},
	{NotSameDevice, "Not same device", "not same device"},
	{NoMoreFiles, "No more files", "no more files"},
	{WriteProtect, "Write protect error", "write protect error"},
	{NotReady, "Not ready", "not ready"},
	{SeekError, "Seek error", "seek error"},
	{WriteFault, "Write fault error", "write fault error"},
	{ReadFault, "Read fault error", "read fault error"},
	{GeneralFailure, "General failure", "general failure"},
	{SharingViolation, "Sharing violation", "sharing violation"},
	{LockViolation, "Lock violation", "lock violation"},
	{DiskFull, "Insufficient disk space", "insufficient disk space"},
	{NetworkDeviceGone, "This device does not exist on the network.", "this device does not exist on the network"}, // Q136041
	{FileExists, "File exists", "file exists"},
	{CannotMake, "Cannot make directory entry", "cannot make directory entry"},
	{FailedCritical, "Fail on INT 24", "fail on INT 24"},
	{InvalidParameter, "Invalid parameter", "invalid parameter"},
}

// Error returns the classic text.
func (e Error) Error() string {
	for i := range errorTexts {
		if errorTexts[i].code == e {
			return errorTexts[i].text
		}
	}
	return "Unknown error"
}

// trace returns the text for an event: "" for success.
func (e Error) trace() string {
	if e == 0 {
		return ""
	}
	for i := range errorTexts {
		if errorTexts[i].code == e {
			return errorTexts[i].low
		}
	}
	return "unknown error"
}

// Is reports whether the number means the same as an io/fs sentinel.
func (e Error) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return e == FileNotFound || e == PathNotFound || e == NoMoreFiles
	case fs.ErrExist:
		return e == FileExists
	case fs.ErrPermission:
		return e == AccessDenied || e == WriteProtect || e == SharingViolation || e == LockViolation
	case fs.ErrClosed:
		return e == InvalidHandle
	case fs.ErrInvalid:
		return e == InvalidFunction || e == InvalidParameter
	}
	return false
}

// errOf turns a number into an error; 0 is nil. Numbers below 256 do not
// allocate in the conversion.
func errOf(e Error) error {
	if e == 0 {
		return nil
	}
	return e
}
