@echo off
rem Makes the notifier a service of Windows. Run as an administrator:
rem     notifier-service.cmd C:\Path\To\pythonw.exe
rem It starts with Windows, and again ten seconds after a failure.
if "%~1"=="" (
    echo usage: notifier-service.cmd PATH-TO-PYTHONW
    exit /b 2
)
sc create BenchsideNotifier binPath= "\"%~1\" -I -m benchside notifier --state \"%ProgramData%\Benchside\notifier\" run" start= auto DisplayName= "Benchside notifier" || exit /b 1
sc description BenchsideNotifier "Watches this instrument PC and its instruments, and tells the person at it first."
sc failure BenchsideNotifier reset= 86400 actions= restart/10000/restart/10000/restart/60000
net start BenchsideNotifier
